"""Clustering by means as routing: what the kinds of k-means share.

Each parent is a cluster. Child i lies, as parent j sees it, at its vote for j, so that every
parent has its own set of points: distances are those from u_ij to the parent's own mean.
"""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from capsprobe.routing.base import RoutingTrace, check_iterations, unit
from capsprobe.routing.dynamic import agreement, weighted_parents, weighted_sums
from capsprobe.shapes import COEFFICIENTS, PARENTS, VOTES

_ROUNDINGS = 16
Compare = Callable[[Float[Tensor, VOTES], Float[Tensor, PARENTS]], Float[Tensor, COEFFICIENTS]]
Assign = Callable[[Float[Tensor, COEFFICIENTS]], Float[Tensor, COEFFICIENTS]]


def route_by_means(
    votes: Float[Tensor, VOTES],
    points: Float[Tensor, VOTES],
    *,
    iterations: int,
    compare: Compare,
    assign: Assign,
) -> RoutingTrace:
    """Return the trace of c = assign(b), m_j = sum_i c_ij x_ij / sum_i c_ij, b = compare(x, m).

    x are the points, b starts at zero: the first means are those of all children. The parents
    are squash(sum_i c_ij u_ij), as in routing by agreement, so that the coefficients alone differ;
    a mean lies in the direction of its sum. A parent without children keeps its mean.
    """
    check_iterations(iterations)
    logits = [votes.new_zeros(votes.shape[:3])]
    coefficients, parents = [], []
    means = torch.zeros_like(points[:, 0])
    for iteration in range(iterations):
        coefficients.append(assign(logits[-1]))
        parents.append(weighted_parents(votes, coefficients[-1]))
        if iteration + 1 < iterations:
            means = weighted_means(points, coefficients[-1], means)
            logits.append(compare(points, means))
    return RoutingTrace(
        votes=votes,
        logits=tuple(logits),
        coefficients=tuple(coefficients),
        parents=tuple(parents),
    )


def weighted_means(
    points: Float[Tensor, VOTES],
    coefficients: Float[Tensor, COEFFICIENTS],
    before: Float[Tensor, PARENTS],
) -> Float[Tensor, PARENTS]:
    """Return sum_i c_ij x_ij / sum_i c_ij; where all c_ij are zero, what was before."""
    mass = coefficients.sum(dim=1).unsqueeze(2)
    return means_of(weighted_sums(points, coefficients), mass, before)


def means_of(
    sums: Float[Tensor, "..."], mass: Float[Tensor, "..."], before: Float[Tensor, "..."]
) -> Float[Tensor, "..."]:
    """Return sums / mass; where the mass is zero, what was before."""
    return torch.where(mass > 0.0, sums / mass.clamp(min=torch.finfo(mass.dtype).tiny), before)


def nearness(
    points: Float[Tensor, VOTES], means: Float[Tensor, PARENTS], *, temperature: float = 1.0
) -> Float[Tensor, COEFFICIENTS]:
    """Return -|x_ij - m_j|^2 / temperature."""
    return -(points - means.unsqueeze(1)).square().sum(dim=3) / temperature


def cosine(
    points: Float[Tensor, VOTES], means: Float[Tensor, PARENTS], *, temperature: float = 1.0
) -> Float[Tensor, COEFFICIENTS]:
    """Return cos(x_ij, m_j) / temperature for points of length one; zero for a mean of zero."""
    return agreement(points, unit(means)) / temperature


def softly(logits: Float[Tensor, COEFFICIENTS]) -> Float[Tensor, COEFFICIENTS]:
    """Return the softmax over the parents."""
    return torch.softmax(logits, dim=2)


def wholly(logits: Float[Tensor, COEFFICIENTS]) -> Float[Tensor, COEFFICIENTS]:
    """Return one for the parent with the largest logit; parents that tie share evenly.

    A tie is what rounding cannot tell from one, as where a single child is every parent's mean.
    """
    rounding = _ROUNDINGS * torch.finfo(logits.dtype).eps
    largest = (logits >= logits.amax(dim=2, keepdim=True) - rounding).to(logits.dtype)
    return largest / largest.sum(dim=2, keepdim=True)
