"""Routing by agreement as it is written in the paper, votes held in full.

Sabour et al. 2017, eqs. 1 to 3 and procedure 1. `route_plain` is in the broadcasting style of
most ports; `route_einsum` writes each formula as one einsum, which spares the copies that
broadcasting makes and is a better baseline than most ports.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from capsprobe.shapes import CHILDREN, PARENTS

_TINY = 1e-12


def squash(sums: Tensor, *, dim: int) -> Tensor:
    """Return eq. 1 along the axis of the poses."""
    squared = sums.square().sum(dim=dim, keepdim=True)
    return squared / (1.0 + squared) * sums / torch.sqrt(squared + _TINY)


def route_plain(
    children: Float[Tensor, CHILDREN],
    weight: Float[Tensor, "children parents pose child_pose"],
    *,
    iterations: int,
) -> Float[Tensor, PARENTS]:
    """Return the last parents; votes by broadcast products, sums by broadcast multiplication."""
    votes = torch.matmul(weight.unsqueeze(0), children[:, :, None, :, None]).squeeze(4)
    logits = votes.new_zeros(*votes.shape[:3], 1)
    for iteration in range(iterations):
        coefficients = torch.softmax(logits, dim=2)
        parents = squash((coefficients * votes).sum(dim=1, keepdim=True), dim=3)
        if iteration + 1 < iterations:
            logits = logits + (votes * parents).sum(dim=3, keepdim=True)
    return parents.squeeze(1)


def route_einsum(
    children: Float[Tensor, CHILDREN],
    weight: Float[Tensor, "children parents child_pose pose"],
    *,
    iterations: int,
) -> Float[Tensor, PARENTS]:
    """Return the last parents; one einsum for each formula."""
    votes = torch.einsum("bik,ijkd->bijd", children, weight)
    logits = votes.new_zeros(votes.shape[:3])
    for iteration in range(iterations):
        coefficients = torch.softmax(logits, dim=2)
        parents = squash(torch.einsum("bij,bijd->bjd", coefficients, votes), dim=2)
        if iteration + 1 < iterations:
            logits = logits + torch.einsum("bijd,bjd->bij", votes, parents)
    return parents
