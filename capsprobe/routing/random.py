"""Routing by chance: coefficients that know nothing of the votes, the null of every comparison."""

import torch
from jaxtyping import Float
from torch import Tensor

from capsprobe.routing.base import RoutingTrace, check_iterations, routings
from capsprobe.routing.dynamic import weighted_parents
from capsprobe.shapes import VOTES


@routings.register("random")
def route_random(
    votes: Float[Tensor, VOTES], *, iterations: int = 1, seed: int = 0
) -> RoutingTrace:
    """Return the trace of c_ij = softmax over j of z_ij, z drawn once from N(0, 1) by the seed.

    The same for all images, whatever the number of iterations. The coefficients belong to the
    children's places: of all routings, this one alone cares in which order the children come.
    """
    check_iterations(iterations)
    drawn = torch.randn(votes.shape[1:3], generator=torch.Generator().manual_seed(seed))
    logits = drawn.to(votes).expand(votes.shape[:3])
    coefficients = torch.softmax(logits, dim=2)
    return RoutingTrace(
        votes=votes,
        logits=(logits,) * iterations,
        coefficients=(coefficients,) * iterations,
        parents=(weighted_parents(votes, coefficients),) * iterations,
    )
