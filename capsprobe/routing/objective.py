"""What a clustering is said to lower, for the shares of one iteration of a routing, one an image.

All are means over children. mu_j = sum_i c_ij u_ij / sum_i c_ij is the centre that shares make of
the votes for parent j; v_j is the parent as routing has it, squashed.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from capsprobe.routing.base import unit
from capsprobe.routing.dynamic import agreement
from capsprobe.routing.points import ByParent
from capsprobe.shapes import COEFFICIENTS, PARENTS, VOTES


def centres_of(
    votes: Float[Tensor, VOTES], shares: Float[Tensor, COEFFICIENTS]
) -> Float[Tensor, PARENTS]:
    """Return mu_j; that of a parent without any share is zero."""
    sums = ByParent(votes).sums(shares.mT)
    mass = shares.sum(dim=1).unsqueeze(2)
    return sums / torch.where(mass > 0.0, mass, 1.0)


def inertia(
    votes: Float[Tensor, VOTES], centres: Float[Tensor, PARENTS]
) -> Float[Tensor, " images"]:
    """Return min_j |u_ij - mu_j|^2: what k-means lowers."""
    return ByParent(votes).distances(centres).amin(dim=1).clamp_min(0.0).mean(dim=1)


def soft_inertia(
    votes: Float[Tensor, VOTES],
    centres: Float[Tensor, PARENTS],
    shares: Float[Tensor, COEFFICIENTS],
) -> Float[Tensor, " images"]:
    """Return sum_j c_ij |u_ij - mu_j|^2."""
    distances = ByParent(votes).distances(centres).clamp_min(0.0)
    return (shares.mT * distances).sum(dim=1).mean(dim=1)


def spherical_inertia(
    votes: Float[Tensor, VOTES], centres: Float[Tensor, PARENTS]
) -> Float[Tensor, " images"]:
    """Return half of min_j |u_ij/|u_ij| - mu_j/|mu_j||^2, which is min_j 1 - cos(u_ij, mu_j).

    The direction of a zero vector is zero, half from every other.
    """
    return inertia(unit(votes), unit(centres)) / 2.0


def clustering_loss(
    votes: Float[Tensor, VOTES],
    parents: Float[Tensor, PARENTS],
    shares: Float[Tensor, COEFFICIENTS],
) -> Float[Tensor, " images"]:
    """Return -sum_j c_ij u_ij . v_j."""
    return -(shares * agreement(votes, parents)).sum(dim=2).mean(dim=1)


def relative_entropy(
    shares: Float[Tensor, COEFFICIENTS], before: Float[Tensor, COEFFICIENTS]
) -> Float[Tensor, " images"]:
    """Return KL(c_t || c_(t-1)) = sum_j c_t ln(c_t / c_(t-1)); infinite where c_(t-1) is zero."""
    return (torch.xlogy(shares, shares) - torch.xlogy(shares, before)).sum(dim=2).mean(dim=1)


def kl_objective(
    votes: Float[Tensor, VOTES],
    parents: Float[Tensor, PARENTS],
    shares: Float[Tensor, COEFFICIENTS],
    before: Float[Tensor, COEFFICIENTS],
) -> Float[Tensor, " images"]:
    """Return -sum_j c_ij u_ij . v_j + KL(c_t || c_(t-1)), after Wang and Liu 2018.

    They read routing as lowering a clustering loss and a divergence of the coefficients from
    their last state. For given parents it is least at c_t proportional to c_(t-1) exp(u . v),
    which is routing's softmax over logits that grow by the agreement. Votes and parents are
    those of the network here, neither brought to length one nor weighed against the divergence.
    """
    return clustering_loss(votes, parents, shares) + relative_entropy(shares, before)
