"""What a child gives to each parent, and numbers that say how evenly, one an image.

Shares sum to one over the parents for each child. Where a routing's softmax runs over the
parents they are its coefficients. Where it runs over the children (the article's), a child's
coefficients are divided by their sum: its largest share is then for the parent in whose sum it
weighs most among its own weights, and dividing does not change which one that is.
"""

import math

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor

from capsprobe.routing.base import RoutingTrace
from capsprobe.shapes import COEFFICIENTS

_SLACK = 1e-6


def shares_of(trace: RoutingTrace) -> tuple[Float[Tensor, COEFFICIENTS], ...]:
    """Return the shares of each iteration."""
    if trace.normalised == "parents":
        return trace.coefficients
    return tuple(per_child(each) for each in trace.coefficients)


def per_child(weights: Float[Tensor, COEFFICIENTS]) -> Float[Tensor, COEFFICIENTS]:
    """Return weights that sum to one over parents; even ones where a child has none at all."""
    sums = weights.sum(dim=2, keepdim=True)
    even = torch.full_like(weights, 1.0 / weights.shape[2])
    return torch.where(sums > 0.0, weights / torch.where(sums > 0.0, sums, 1.0), even)


def chosen(
    shares: Float[Tensor, COEFFICIENTS], rng: np.random.Generator
) -> Int64[Tensor, "images children"]:
    """Return the parent with each child's largest share, ties broken by chance.

    What differs by rounding alone, 1e-6, is a tie.
    """
    among_largest = shares >= shares.amax(dim=2, keepdim=True) - _SLACK
    turns = torch.from_numpy(rng.random(tuple(shares.shape), dtype=np.float32))
    return torch.where(among_largest, turns, -1.0).argmax(dim=2)


def entropy(shares: Float[Tensor, "... parents"]) -> Float[Tensor, "..."]:
    """Return -sum_j c_j ln c_j, in nats."""
    return -torch.xlogy(shares, shares).sum(dim=-1).clamp_max(0.0)


def mean_entropy(shares: Float[Tensor, COEFFICIENTS]) -> Float[Tensor, " images"]:
    """Return the mean over children of the entropy of their shares."""
    return entropy(shares).mean(dim=1)


def effective_parents(shares: Float[Tensor, COEFFICIENTS]) -> Float[Tensor, " images"]:
    """Return the mean over children of exp(entropy): how many parents a child serves."""
    return entropy(shares).exp().mean(dim=1)


def effective_clusters(shares: Float[Tensor, COEFFICIENTS]) -> Float[Tensor, " images"]:
    """Return exp(entropy) of the children's mean shares: how many parents hold children."""
    return entropy(shares.mean(dim=1)).exp()


def polarisation(shares: Float[Tensor, COEFFICIENTS]) -> Float[Tensor, " images"]:
    """Return the mean over children of (max_j c_ij - 1/n) / (1 - 1/n), n parents.

    0 where all parents count alike, 1 where each child has one alone, as with a single parent.
    """
    parents = shares.shape[2]
    if parents == 1:
        return torch.ones_like(shares[:, 0, 0])
    above = shares.amax(dim=2).mean(dim=1) - 1.0 / parents
    return (above / (1.0 - 1.0 / parents)).clamp(0.0, 1.0)


def dead_parents(shares: Float[Tensor, COEFFICIENTS]) -> Float[Tensor, " images"]:
    """Return the fraction of parents that no child gives as much as its even share, 1/n."""
    even = 1.0 / shares.shape[2]
    return (shares.amax(dim=1) < even - _SLACK).to(shares.dtype).mean(dim=1)


def logit_change(
    logits: Float[Tensor, COEFFICIENTS], before: Float[Tensor, COEFFICIENTS]
) -> Float[Tensor, " images"]:
    """Return the mean over children and parents of |b_t - b_(t-1)|."""
    return (logits - before).abs().mean(dim=(1, 2))


def divergence(
    shares: Float[Tensor, COEFFICIENTS], others: Float[Tensor, "#images children parents"]
) -> Float[Tensor, " images"]:
    """Return the mean over children of the Jensen-Shannon divergence of shares, in bits.

    H((p + q) / 2) - (H(p) + H(q)) / 2, between 0 and 1 (Lin 1991).
    """
    middle = entropy((shares + others) / 2.0)
    apart = middle - (entropy(shares) + entropy(others)) / 2.0
    return (apart.mean(dim=1) / math.log(2.0)).clamp(0.0, 1.0)
