"""Routing that listens to the first child only."""

from jaxtyping import Float
from torch import Tensor

from capsprobe.routing.base import RoutingTrace, check_iterations, routings, squash
from capsprobe.shapes import VOTES


@routings.register("first")
def route_first(votes: Float[Tensor, VOTES], *, iterations: int = 1) -> RoutingTrace:
    """Return the trace of parents that are the first child's votes."""
    check_iterations(iterations)
    logits = votes.new_zeros(votes.shape[:3])
    return RoutingTrace(
        votes=votes,
        logits=(logits,) * iterations,
        coefficients=(logits.softmax(dim=2),) * iterations,
        parents=(squash(votes[:, 0]),) * iterations,
    )
