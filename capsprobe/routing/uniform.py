"""No routing at all: every child counts alike for every parent.

The first round of routing by agreement, and so its r = 1; the control that tells what the
further rounds add.
"""

from jaxtyping import Float
from torch import Tensor

from capsprobe.routing.base import RoutingTrace, check_iterations, routings
from capsprobe.routing.dynamic import route_dynamic
from capsprobe.shapes import VOTES


@routings.register("uniform")
def route_uniform(votes: Float[Tensor, VOTES], *, iterations: int = 1) -> RoutingTrace:
    """Return the trace of coefficients 1/parents, whatever the number of iterations."""
    check_iterations(iterations)
    once = route_dynamic(votes, iterations=1)
    return RoutingTrace(
        votes=votes,
        logits=once.logits * iterations,
        coefficients=once.coefficients * iterations,
        parents=once.parents * iterations,
    )
