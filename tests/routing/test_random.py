import torch

from capsprobe.routing.dynamic import weighted_parents
from capsprobe.routing.random import route_random

VOTES = torch.randn(4, 50, 3, 4, generator=torch.Generator().manual_seed(0))


def test_all_images_get_the_same_coefficients():
    coefficients = route_random(VOTES).coefficients[-1]
    assert torch.equal(coefficients, coefficients[:1].expand_as(coefficients))


def test_the_votes_do_not_matter_and_the_seed_does():
    first, other = (route_random(VOTES, seed=seed).coefficients[-1] for seed in (0, 1))
    assert torch.equal(first, route_random(-3.0 * VOTES).coefficients[-1])
    assert not torch.allclose(first, other)


def test_the_global_generator_is_left_alone():
    before = torch.random.get_rng_state()
    route_random(VOTES)
    assert torch.equal(before, torch.random.get_rng_state())


def test_the_parents_are_those_of_the_coefficients_whatever_the_iterations():
    trace = route_random(VOTES, iterations=4)
    torch.testing.assert_close(
        trace.parents[-1], weighted_parents(VOTES, trace.logits[-1].softmax(dim=2))
    )
    assert torch.equal(trace.parents[-1], route_random(VOTES).parents[-1])
