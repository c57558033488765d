"""Self-attention routing (Mazzia, Salvetti and Chiaberge 2021): one pass, no iterations."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from capsprobe.routing.base import RoutingTrace, blocks, check_iterations, routings
from capsprobe.routing.dynamic import agreement, weighted_parents
from capsprobe.routing.rounds import INSIDE_PARENTS, squash_inside
from capsprobe.routing.votes import Cast, route_cast
from capsprobe.shapes import CHILDREN, PARENTS, VOTES, WEIGHT

Bias = Float[Tensor, "children parents"] | float


def route_attention(
    votes: Float[Tensor, VOTES],
    *,
    iterations: int = 1,
    bias: Bias = 0.0,
) -> RoutingTrace:
    """Return the trace of b_ij = sum_k u_ij . u_kj / sqrt(d), c = softmax over j of b.

    The parents are squash(sum_i (c_ij + bias_ij) u_ij), with d the votes' dimensions: what the
    votes for a parent have in common decides (Efficient-CapsNet, section on self-attention
    routing). The bias is its log prior, learned in `capsnet-attention`; it enters the sum after
    the softmax, so the trace's coefficients sum to one without it. The squash is Sabour's and not
    Efficient-CapsNet's 1 - exp(-|s|), so that routings differ in nothing else. There is one pass,
    whatever the number of iterations.
    """
    check_iterations(iterations)
    logits = agreement(votes, votes.sum(dim=1)) / math.sqrt(votes.shape[3])
    coefficients = torch.softmax(logits, dim=2)
    return RoutingTrace(
        votes=votes,
        logits=(logits,) * iterations,
        coefficients=(coefficients,) * iterations,
        parents=(weighted_parents(votes, coefficients + bias),) * iterations,
    )


def route_attention_cast(
    children: Float[Tensor, CHILDREN],
    weight: Float[Tensor, WEIGHT],
    *,
    parents: int,
    iterations: int = 1,
    bias: Bias = 0.0,
) -> Float[Tensor, PARENTS]:
    """Return the parents; sum_k u_ij . u_kj is the agreement with the sum of all votes."""
    check_iterations(iterations)
    prior = bias.t().unsqueeze(2) if isinstance(bias, Tensor) else bias

    def last(votes: Cast) -> Float[Tensor, INSIDE_PARENTS]:
        total = votes.total()
        coefficients = torch.softmax(votes.agreements(total / math.sqrt(total.shape[1])), dim=0)
        return squash_inside(votes.sums(coefficients + prior))

    return route_cast(last, children, weight, parents=parents)


# Not as decorators: they would hide the bias from whoever learns it.
routings.register("attention")(route_attention)
blocks.register("attention")(route_attention_cast)
