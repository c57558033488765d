"""Routing exactly as the article writes it down, one parent at a time."""

import torch
from jaxtyping import Float
from torch import Tensor

from capsprobe.routing.base import RoutingTrace, blocks, check_iterations, routings
from capsprobe.routing.dynamic import agreement, weighted_parents
from capsprobe.routing.rounds import INSIDE_PARENTS, squash_inside
from capsprobe.routing.votes import Cast, route_cast
from capsprobe.shapes import CHILDREN, PARENTS, VOTES, WEIGHT


@routings.register("article")
def route_article(votes: Float[Tensor, VOTES], *, iterations: int = 3) -> RoutingTrace:
    """Return the trace of c = softmax(b), s_j = squash(sum_i c_ij u_ij), b_ij += s_j . u_ij.

    b starts at zero. It differs from Sabour et al. 2017 in that the softmax runs over the
    children, for each parent by itself, and in that the last sum has the raw logits for weights:
    v_j = sum_i b_ij u_ij. The article has one parent and no votes; here each parent does with the
    votes for it what the article does with its capsules.

    The article leaves v_j as it is. Here it is squashed, so that the result is a pose whose length
    is an activation; longer stays longer, so the most active parent is the article's. The last
    iteration only sums, as in Sabour's procedure 1: after R of the article's rounds `iterations`
    is R + 1. In the first the raw logits are zero, and so are the parents of one iteration.
    """
    check_iterations(iterations)
    logits = [votes.new_zeros(votes.shape[:3])]
    coefficients, parents = [], []
    for _ in range(iterations - 1):
        coefficients.append(torch.softmax(logits[-1], dim=1))
        parents.append(weighted_parents(votes, coefficients[-1]))
        logits.append(logits[-1] + agreement(votes, parents[-1]))
    return RoutingTrace(
        votes=votes,
        logits=tuple(logits),
        coefficients=(*coefficients, torch.softmax(logits[-1], dim=1)),
        parents=(*parents, weighted_parents(votes, logits[-1])),
        normalised="children",
    )


@blocks.register("article")
def route_article_cast(
    children: Float[Tensor, CHILDREN],
    weight: Float[Tensor, WEIGHT],
    *,
    parents: int,
    iterations: int = 3,
) -> Float[Tensor, PARENTS]:
    """Return the last parents; the logits are agreements with the sum of all parents so far."""
    check_iterations(iterations)

    def last(votes: Cast) -> Float[Tensor, INSIDE_PARENTS]:
        total = votes.total()
        if iterations == 1:
            return 0.0 * total
        so_far = squash_inside(total / len(weight))
        for _ in range(iterations - 2):
            coefficients = torch.softmax(votes.agreements(so_far), dim=1)
            so_far = so_far + squash_inside(votes.sums(coefficients))
        return squash_inside(votes.sums(votes.agreements(so_far)))

    return route_cast(last, children, weight, parents=parents)
