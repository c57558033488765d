import pytest
import torch

from capsprobe.faults import UsageFault
from capsprobe.routing.base import squash
from capsprobe.routing.dynamic import route_dynamic
from capsprobe.routing.uniform import route_uniform

VOTES = torch.randn(2, 5, 3, 4, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("iterations", [1, 2, 5])
def test_it_is_the_squashed_sum_over_parents_whatever_the_iterations(iterations):
    trace = route_uniform(VOTES, iterations=iterations)
    torch.testing.assert_close(trace.parents[-1], squash(VOTES.sum(dim=1) / 3))
    assert len(trace.parents) == iterations


def test_it_is_the_first_round_of_routing_by_agreement():
    first = route_dynamic(VOTES, iterations=3).parents[0]
    assert torch.equal(route_uniform(VOTES).parents[-1], first)


@pytest.mark.parametrize("iterations", [0, -3, 1000])
def test_iterations_out_of_range_are_a_usage_fault(iterations):
    with pytest.raises(UsageFault, match="routing iterations"):
        route_uniform(VOTES, iterations=iterations)
