"""What holds for every registered routing: added the day a file is."""

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given, settings

from capsprobe import load_images, load_model
from capsprobe.faults import UsageFault
from capsprobe.routing.base import length, routings
from tests.oracles.routings import ORACLES

VOTES = torch.randn(2, 6, 3, 4, generator=torch.Generator().manual_seed(0))
AXES = {"children": 1, "parents": 2}
# Random coefficients belong to places, so another order of the children is another routing.
BLIND_TO_ORDER = sorted(set(routings) - {"random"})
SHAPES = st.tuples(st.integers(1, 2), st.integers(1, 6), st.integers(1, 4), st.integers(1, 5))
# On a line, unit votes may cancel to a mean of nothing but rounding, whose sign is anything.
IN_SPACE = st.tuples(st.integers(1, 2), st.integers(1, 6), st.integers(1, 4), st.integers(2, 5))
SEEDS = st.integers(0, 2**32 - 1)


@pytest.fixture(scope="module")
def cast():
    network = load_model("capsnet", dataset="digits", seed=0)
    with torch.no_grad():
        return network.trace(load_images("digits").limit(3).images).votes


every_routing = pytest.mark.parametrize("name", list(routings))


def draw(shape, seed, scale=1.0):
    return torch.from_numpy(np.random.default_rng(seed).normal(size=shape) * scale)


def assert_close_to_the_oracle(name, votes, iterations, tolerance):
    trace = routings[name](votes, iterations=iterations)
    for image, slow in enumerate(votes.double().numpy()):
        parents, coefficients, _ = ORACLES[name](slow, iterations)
        for mine, expected in ((trace.parents, parents), (trace.coefficients, coefficients)):
            np.testing.assert_allclose(
                mine[-1][image].double().numpy(), expected, rtol=tolerance, atol=tolerance
            )


@every_routing
@pytest.mark.parametrize("iterations", range(1, 11))
@settings(max_examples=8)
@given(shape=IN_SPACE, seed=SEEDS)
def test_it_is_its_oracle_in_double_precision(name, iterations, shape, seed):
    assert_close_to_the_oracle(name, draw(shape, seed), iterations, 1e-8)


@every_routing
@pytest.mark.parametrize("iterations", range(1, 11))
def test_it_is_its_oracle_in_single_precision_on_the_votes_of_a_trained_network(
    name, iterations, cast
):
    # Any votes would not do: in hard clustering rounding may decide about a child between two
    # parents, and what follows is another clustering.
    assert_close_to_the_oracle(name, cast, iterations, 1e-5)


@every_routing
@pytest.mark.parametrize("iterations", [1, 3])
def test_the_trace_has_one_entry_an_iteration(name, iterations):
    trace = routings[name](VOTES, iterations=iterations)
    assert len(trace.logits) == len(trace.coefficients) == len(trace.parents) == iterations
    assert trace.votes is VOTES


@every_routing
@settings(max_examples=20)
@given(shape=SHAPES, seed=SEEDS, iterations=st.integers(1, 10))
def test_the_coefficients_sum_to_one_over_the_axis_that_is_named(name, shape, seed, iterations):
    trace = routings[name](draw(shape, seed, scale=3.0), iterations=iterations)
    for coefficients in trace.coefficients:
        sums = coefficients.sum(dim=AXES[trace.normalised])
        torch.testing.assert_close(sums, torch.ones_like(sums))
        assert bool((coefficients >= 0.0).all())


@every_routing
def test_parents_are_shorter_than_one(name):
    parents = routings[name](VOTES * 100.0, iterations=3).parents[-1]
    assert bool((length(parents) < 1.0 + 1e-6).all())


@every_routing
def test_votes_are_left_as_they_were(name):
    before = VOTES.clone()
    routings[name](VOTES, iterations=3)
    assert torch.equal(before, VOTES)


@every_routing
@pytest.mark.parametrize("iterations", [0, -1, 1000])
def test_iterations_out_of_range_are_a_usage_fault(name, iterations):
    with pytest.raises(UsageFault, match="routing iterations"):
        routings[name](VOTES, iterations=iterations)


@pytest.mark.parametrize("name", BLIND_TO_ORDER)
@settings(max_examples=20)
@given(shape=SHAPES, seed=SEEDS, iterations=st.integers(1, 5))
def test_permuting_children_changes_nothing(name, shape, seed, iterations):
    votes = draw(shape, seed)
    order = torch.from_numpy(np.random.default_rng(seed).permutation(shape[1]))
    plain = routings[name](votes, iterations=iterations)
    permuted = routings[name](votes[:, order], iterations=iterations)
    torch.testing.assert_close(permuted.parents[-1], plain.parents[-1])
    torch.testing.assert_close(permuted.coefficients[-1], plain.coefficients[-1][:, order])


@every_routing
def test_the_images_of_a_batch_do_not_see_each_other(name):
    votes = draw((4, 5, 3, 2), 0)
    alone = torch.cat([routings[name](image[None], iterations=3).parents[-1] for image in votes])
    torch.testing.assert_close(routings[name](votes, iterations=3).parents[-1], alone)


@every_routing
@pytest.mark.parametrize("iterations", [1, 2, 3, 10, 100])
@pytest.mark.parametrize(
    "votes",
    [
        draw((2, 1, 3, 4), 1).float(),
        draw((2, 5, 1, 4), 1).float(),
        draw((2, 5, 3, 1), 1).float(),
        torch.ones(2, 5, 3, 4),
        torch.zeros(2, 5, 3, 4),
    ],
    ids=["one child", "one parent", "one dimension", "equal votes", "zero votes"],
)
def test_the_edge_has_finite_results_and_gradients(name, votes, iterations):
    votes = votes.clone().requires_grad_()
    trace = routings[name](votes, iterations=iterations)
    parts = (*trace.logits, *trace.coefficients, *trace.parents)
    assert all(bool(torch.isfinite(part).all()) for part in parts)
    (gradient,) = torch.autograd.grad(trace.parents[-1].sum(), votes)
    assert bool(torch.isfinite(gradient).all())


@every_routing
@pytest.mark.parametrize("iterations", [1, 3])
def test_zero_votes_give_parents_of_length_zero(name, iterations):
    trace = routings[name](torch.zeros(1, 5, 3, 4), iterations=iterations)
    assert not trace.parents[-1].any()


@pytest.mark.parametrize("name", BLIND_TO_ORDER)
def test_equal_votes_keep_the_coefficients_even(name):
    trace = routings[name](torch.ones(1, 5, 3, 4), iterations=5)
    even = torch.full((1, 5, 3), 1 / {"children": 5, "parents": 3}[trace.normalised])
    torch.testing.assert_close(trace.coefficients[-1], even)


@every_routing
@pytest.mark.parametrize("iterations", [1, 2, 3])
def test_gradients_are_those_of_finite_differences(name, iterations):
    votes = draw((1, 4, 3, 2), 2).requires_grad_()
    assert torch.autograd.gradcheck(
        lambda u: routings[name](u, iterations=iterations).parents[-1], votes
    )
