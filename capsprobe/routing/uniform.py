"""No routing at all: every child counts alike for every parent.

The first round of routing by agreement, and so its r = 1; the control that tells what the
further rounds add.
"""

from jaxtyping import Float
from torch import Tensor

from capsprobe.routing.base import RoutingTrace, blocks, check_iterations, routings
from capsprobe.routing.dynamic import route_dynamic
from capsprobe.routing.fused import route_fused
from capsprobe.shapes import CHILDREN, PARENTS, VOTES, WEIGHT


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


@blocks.register("uniform")
def sum_votes(
    children: Float[Tensor, CHILDREN],
    weight: Float[Tensor, WEIGHT],
    *,
    parents: int,
    iterations: int = 1,
) -> Float[Tensor, PARENTS]:
    """Return the squashed means of the votes, as one product of matrices."""
    check_iterations(iterations)
    return route_fused(children, weight, parents=parents, iterations=1)
