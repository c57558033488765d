"""Routing by agreement (Sabour et al. 2017, procedure 1)."""

import torch
from jaxtyping import Float
from torch import Tensor

from capsprobe.routing.base import RoutingTrace, blocks, check_iterations, routings, squash
from capsprobe.routing.fused import route_fused
from capsprobe.shapes import COEFFICIENTS, PARENTS, VOTES

blocks.register("dynamic")(route_fused)


@routings.register("dynamic")
def route_dynamic(votes: Float[Tensor, VOTES], *, iterations: int = 3) -> RoutingTrace:
    """Return the trace of c = softmax(b), v_j = squash(sum_i c_ij u_ij), b_ij += u_ij . v_j.

    b starts at zero. The softmax runs over the parents for each child; the logits are not
    updated after the last iteration, whose parents are the result.
    """
    check_iterations(iterations)
    logits = [votes.new_zeros(votes.shape[:3])]
    coefficients, parents = [], []
    for iteration in range(iterations):
        coefficients.append(torch.softmax(logits[-1], dim=2))
        parents.append(weighted_parents(votes, coefficients[-1]))
        if iteration + 1 < iterations:
            logits.append(logits[-1] + agreement(votes, parents[-1]))
    return RoutingTrace(
        votes=votes,
        logits=tuple(logits),
        coefficients=tuple(coefficients),
        parents=tuple(parents),
    )


def weighted_parents(
    votes: Float[Tensor, VOTES], coefficients: Float[Tensor, COEFFICIENTS]
) -> Float[Tensor, PARENTS]:
    """Return v_j = squash(sum_i c_ij u_ij), eq. 2."""
    return squash(weighted_sums(votes, coefficients))


def weighted_sums(
    votes: Float[Tensor, VOTES], coefficients: Float[Tensor, COEFFICIENTS]
) -> Float[Tensor, PARENTS]:
    """Return sum_i c_ij u_ij, for any coefficients."""
    # As products of matrices with the children inside: votes lie in memory parent by parent.
    rows = coefficients.transpose(1, 2).unsqueeze(2)
    return torch.matmul(rows, votes.transpose(1, 2)).squeeze(2)


def agreement(
    votes: Float[Tensor, VOTES], parents: Float[Tensor, PARENTS]
) -> Float[Tensor, COEFFICIENTS]:
    """Return a_ij = u_ij . v_j, the dot product of vote and parent pose."""
    return torch.matmul(votes.transpose(1, 2), parents.unsqueeze(3)).squeeze(3).transpose(1, 2)
