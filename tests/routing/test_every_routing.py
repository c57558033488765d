"""What holds for every registered routing: added the day a file is."""

import pytest
import torch

from capsprobe.faults import UsageFault
from capsprobe.routing.base import length, routings

VOTES = torch.randn(2, 6, 3, 4, generator=torch.Generator().manual_seed(0))


@pytest.fixture(params=list(routings))
def routing(request):
    return routings[request.param]


@pytest.mark.parametrize("iterations", [1, 3])
def test_the_trace_has_one_entry_an_iteration(routing, iterations):
    trace = routing(VOTES, iterations=iterations)
    assert len(trace.logits) == len(trace.coefficients) == len(trace.parents) == iterations
    assert trace.votes is VOTES


def test_the_coefficients_of_a_child_sum_to_one(routing):
    for coefficients in routing(VOTES, iterations=3).coefficients:
        torch.testing.assert_close(coefficients.sum(dim=2), torch.ones(2, 6))


def test_parents_are_shorter_than_one(routing):
    assert bool((length(routing(VOTES * 100.0, iterations=3).parents[-1]) < 1.0 + 1e-6).all())


def test_votes_are_left_as_they_were(routing):
    before = VOTES.clone()
    routing(VOTES, iterations=3)
    assert torch.equal(before, VOTES)


def test_no_iterations_are_a_usage_fault(routing):
    with pytest.raises(UsageFault):
        routing(VOTES, iterations=0)
