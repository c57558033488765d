import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given, settings

from capsprobe.faults import UsageFault
from capsprobe.routing.dynamic import agreement, route_dynamic, weighted_parents
from tests.oracles.routing import route

SHAPES = st.tuples(st.integers(1, 2), st.integers(1, 6), st.integers(1, 4), st.integers(1, 5))
SEEDS = st.integers(0, 2**32 - 1)


def draw(shape, seed, scale=1.0):
    return torch.from_numpy(np.random.default_rng(seed).normal(size=shape) * scale)


def assert_close_to_the_oracle(votes, iterations, tolerance):
    trace = route_dynamic(votes, iterations=iterations)
    found = (trace.parents[-1], trace.coefficients[-1], trace.logits[-1])
    for image, slow in enumerate(votes.double().numpy()):
        for mine, expected in zip(found, route(slow, iterations), strict=True):
            np.testing.assert_allclose(
                mine[image].double().numpy(), expected, rtol=tolerance, atol=tolerance
            )


@pytest.mark.parametrize("iterations", range(1, 11))
@settings(max_examples=8)
@given(shape=SHAPES, seed=SEEDS)
def test_it_is_procedure_1_in_double_precision(iterations, shape, seed):
    assert_close_to_the_oracle(draw(shape, seed), iterations, 1e-10)


@pytest.mark.parametrize("iterations", range(1, 11))
@settings(max_examples=8)
@given(shape=SHAPES, seed=SEEDS)
def test_it_is_procedure_1_in_single_precision(iterations, shape, seed):
    assert_close_to_the_oracle(draw(shape, seed).float(), iterations, 1e-5)


@given(shape=SHAPES, seed=SEEDS, iterations=st.integers(1, 10))
def test_the_coefficients_of_a_child_sum_to_one(shape, seed, iterations):
    trace = route_dynamic(draw(shape, seed, scale=10.0), iterations=iterations)
    for coefficients in trace.coefficients:
        torch.testing.assert_close(coefficients.sum(dim=2), torch.ones_like(coefficients[:, :, 0]))
        assert bool((coefficients >= 0.0).all())


@given(shape=SHAPES, seed=SEEDS, iterations=st.integers(1, 10))
def test_permuting_children_changes_nothing(shape, seed, iterations):
    votes = draw(shape, seed)
    order = torch.from_numpy(np.random.default_rng(seed).permutation(shape[1]))
    plain = route_dynamic(votes, iterations=iterations)
    permuted = route_dynamic(votes[:, order], iterations=iterations)
    torch.testing.assert_close(permuted.parents[-1], plain.parents[-1])
    torch.testing.assert_close(permuted.coefficients[-1], plain.coefficients[-1][:, order])


@given(shape=SHAPES, seed=SEEDS)
def test_permuting_parents_permutes_the_outcome(shape, seed):
    votes = draw(shape, seed)
    order = torch.from_numpy(np.random.default_rng(seed).permutation(shape[2]))
    plain = route_dynamic(votes).parents[-1]
    permuted = route_dynamic(votes[:, :, order]).parents[-1]
    torch.testing.assert_close(permuted, plain[:, order])


def test_the_images_of_a_batch_do_not_see_each_other():
    votes = draw((4, 5, 3, 2), 0)
    alone = torch.cat([route_dynamic(image[None]).parents[-1] for image in votes])
    torch.testing.assert_close(route_dynamic(votes).parents[-1], alone)


def test_equal_votes_keep_the_coefficients_even():
    votes = torch.ones(1, 5, 3, 4)
    trace = route_dynamic(votes, iterations=5)
    torch.testing.assert_close(trace.coefficients[-1], torch.full((1, 5, 3), 1 / 3))


def test_votes_that_agree_win_over_votes_that_do_not():
    agreeing = torch.tensor([[1.0, 0.0]]).expand(4, 2)
    scattered = torch.tensor([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
    votes = torch.stack([agreeing, scattered], dim=1)[None]
    first, last = (route_dynamic(votes, iterations=r).coefficients[-1] for r in (1, 5))
    assert bool((last[..., 0] > first[..., 0]).all())


@pytest.mark.parametrize("iterations", [1, 3, 100])
@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (2, 1, 3, 4), (2, 5, 1, 4), (2, 5, 3, 1)])
def test_one_child_one_parent_one_dimension_are_defined(shape, iterations):
    trace = route_dynamic(draw(shape, 1), iterations=iterations)
    assert all(bool(torch.isfinite(part).all()) for part in trace.parents)
    assert len(trace.logits) == len(trace.coefficients) == len(trace.parents) == iterations


@pytest.mark.parametrize("votes", [torch.zeros(1, 4, 3, 2), torch.ones(1, 4, 3, 2)])
def test_gradients_of_zero_and_of_equal_votes_are_finite(votes):
    votes = votes.requires_grad_()
    route_dynamic(votes, iterations=4).parents[-1].sum().backward()
    assert bool(torch.isfinite(votes.grad).all())


def test_zero_votes_give_parents_of_length_zero():
    assert not route_dynamic(torch.zeros(1, 4, 3, 2)).parents[-1].any()


def test_gradients_are_those_of_finite_differences():
    votes = draw((1, 3, 2, 2), 2).requires_grad_()
    assert torch.autograd.gradcheck(lambda u: route_dynamic(u, iterations=3).parents[-1], votes)


@pytest.mark.parametrize("iterations", [0, 1000])
def test_iterations_out_of_range_are_a_usage_fault(iterations):
    with pytest.raises(UsageFault, match="routing iterations"):
        route_dynamic(torch.ones(1, 2, 2, 2), iterations=iterations)


def test_the_trace_follows_from_its_own_parts():
    trace = route_dynamic(draw((2, 4, 3, 2), 3), iterations=3)
    for t in range(2):
        step = agreement(trace.votes, trace.parents[t])
        torch.testing.assert_close(trace.logits[t + 1] - trace.logits[t], step)
    last = weighted_parents(trace.votes, torch.softmax(trace.logits[-1], dim=2))
    torch.testing.assert_close(trace.parents[-1], last)
