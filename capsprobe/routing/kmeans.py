"""k-means as routing, soft and hard: a child belongs where its vote is near the mean."""

from functools import partial

import torch
from jaxtyping import Float
from torch import Tensor

from capsprobe.routing.base import RoutingTrace, blocks, check_iterations, routings
from capsprobe.routing.linear import gram
from capsprobe.routing.means import means_of, nearness, route_by_means, softly, wholly
from capsprobe.routing.rounds import INSIDE_PARENTS, squash_inside
from capsprobe.routing.votes import Cast, route_cast
from capsprobe.shapes import CHILDREN, PARENTS, VOTES, WEIGHT


@routings.register("kmeans")
def route_kmeans(
    votes: Float[Tensor, VOTES], *, iterations: int = 3, temperature: float = 1.0
) -> RoutingTrace:
    """Return the trace of soft k-means: c_ij = softmax over j of -|u_ij - m_j|^2 / temperature.

    m_j = sum_i c_ij u_ij / sum_i c_ij: soft k-means of stiffness 1 / temperature (MacKay 2003,
    ch. 20), on votes instead of shared points. The first iteration is uniform routing.
    """
    return route_by_means(
        votes,
        votes,
        iterations=iterations,
        compare=partial(nearness, temperature=temperature),
        assign=softly,
    )


@blocks.register("kmeans")
def route_kmeans_cast(
    children: Float[Tensor, CHILDREN],
    weight: Float[Tensor, WEIGHT],
    *,
    parents: int,
    iterations: int = 3,
    temperature: float = 1.0,
) -> Float[Tensor, PARENTS]:
    """Return the last parents; |u_ij - m_j|^2 is multiplied out to |u|^2 - 2 u . m + |m|^2."""
    check_iterations(iterations)
    cooled = gram(weight, parents=parents) / temperature

    def last(votes: Cast) -> Float[Tensor, INSIDE_PARENTS]:
        sums = votes.total() / parents
        if iterations == 1:
            return squash_inside(sums)
        squares, means = votes.squares(cooled), sums * parents / len(weight)
        for _ in range(iterations - 1):
            apart = squares + means.square().sum(dim=1).unsqueeze(1) / temperature
            logits = votes.agreements(2.0 / temperature * means) - apart
            coefficients = torch.softmax(logits, dim=0)
            sums = votes.sums(coefficients)
            means = means_of(sums, coefficients.sum(dim=1).unsqueeze(1), means)
        return squash_inside(sums)

    return route_cast(last, children, weight, parents=parents)


@routings.register("kmeans-hard")
def route_kmeans_hard(votes: Float[Tensor, VOTES], *, iterations: int = 3) -> RoutingTrace:
    """Return the trace of k-means: each child goes to the parent with the smallest |u_ij - m_j|^2.

    Lloyd's iteration from the means of all votes, so the first iteration is uniform routing.
    Gradients pass through the sums, not through the choice.
    """
    return route_by_means(votes, votes, iterations=iterations, compare=nearness, assign=wholly)
