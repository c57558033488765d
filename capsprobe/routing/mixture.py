"""EM routing that holds the votes of a few images at a time: as many as fit the cache.

Variances and densities are no products of matrices with the weights, so the votes themselves are
needed. Here they lie as (children, pose, parents, images), where sums over children, over the
pose, and over nothing at all each run along memory.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import logsigmoid, mse_loss

from capsprobe.routing.base import blocks, check_iterations
from capsprobe.routing.em import LEAST_VARIANCE, Beta
from capsprobe.routing.tiles import vote_tiles
from capsprobe.routing.votes import route_few
from capsprobe.shapes import CHILDREN, PARENTS, WEIGHT

_VOTES = "children pose parents images"
_LOGITS = "children parents images"
_PARENTS = "pose parents images"
_Mean = Callable[[Float[Tensor, _VOTES]], Float[Tensor, _PARENTS]]
# A round grows what was rounded off about threefold: after three it is some 1e-6, as measured on
# trained networks, and after six more than 1e-5.
_ROUNDS_IN_SINGLE = 3
_SHORTEST = 1e-6


def route_em_cast(
    children: Float[Tensor, CHILDREN],
    weight: Float[Tensor, WEIGHT],
    *,
    parents: int,
    iterations: int = 3,
    beta_u: Beta = 0.0,
    beta_a: Beta = 0.0,
) -> Float[Tensor, PARENTS]:
    """Return the last parents of EM routing, as capsprobe.routing.em has them.

    Differences are squared as they are, and not multiplied out: so single precision is enough for
    the first three iterations. All are in double where there are more.
    """
    check_iterations(iterations)
    exact = partial(_exact, iterations=iterations)
    by_pose = exact(weight).unflatten(2, (parents, -1)).permute(0, 3, 2, 1).flatten(1, 2)
    costs = _Costs(beta_u=_along_images(beta_u), beta_a=_along_images(beta_a))

    def few(inside: Tensor) -> Tensor:
        votes = torch.bmm(by_pose, exact(inside)).unflatten(1, (-1, parents))
        return _routed(votes, costs, iterations).permute(2, 1, 0).to(children.dtype)

    vote_bytes = by_pose[:, :, 0].numel() * by_pose.element_size()
    tiles = vote_tiles(len(children), image_bytes=vote_bytes, device=weight.device)
    return route_few(few, children, tiles)


# Not as a decorator: that would hide the betas from whoever learns them.
blocks.register("em")(route_em_cast)


@dataclass(frozen=True, kw_only=True)
class _Costs:
    beta_u: Tensor | float
    beta_a: Tensor | float


@dataclass(frozen=True, kw_only=True)
class _Gaussians:
    """One Gaussian a parent, the children's mass in it, and (V - mu)^2 of each vote."""

    means: Float[Tensor, _PARENTS]
    variances: Float[Tensor, _PARENTS]
    mass: Float[Tensor, "parents images"] | float
    apart: Float[Tensor, _VOTES]


def _routed(
    votes: Float[Tensor, _VOTES], costs: _Costs, iterations: int
) -> Float[Tensor, _PARENTS]:
    fitted = _fitted(votes, partial(torch.mean, dim=0), len(votes) / votes.shape[2])
    activation = _activation_logits(fitted, costs, warmth=0.5)
    for iteration in range(1, iterations):
        logits = logsigmoid(activation) + _log_densities(fitted)
        fitted = _maximised(votes, torch.log_softmax(logits, dim=1))
        activation = _activation_logits(fitted, costs, warmth=1.0 - 0.5 ** (iteration + 1))
    return _unit(fitted.means) * torch.sigmoid(activation)


def _maximised(
    votes: Float[Tensor, _VOTES], log_coefficients: Float[Tensor, _LOGITS]
) -> _Gaussians:
    """Return the M-step's Gaussians; R_ij / sum_i R_ij is taken from its logarithm."""
    shares = torch.softmax(log_coefficients, dim=0).unsqueeze(1)
    mass = log_coefficients.exp().sum(dim=0)
    return _fitted(votes, lambda each: (shares * each).sum(dim=0), mass)


def _fitted(votes: Float[Tensor, _VOTES], mean: _Mean, mass: Tensor | float) -> _Gaussians:
    means = mean(votes)
    # A difference and its square in one pass through memory.
    apart = mse_loss(votes, means.expand_as(votes), reduction="none")
    return _Gaussians(means=means, variances=mean(apart) + LEAST_VARIANCE, mass=mass, apart=apart)


def _activation_logits(
    fitted: _Gaussians, costs: _Costs, *, warmth: float
) -> Float[Tensor, "parents images"]:
    """Return lambda (beta_a - sum_h cost_h) in units of an even share of children."""
    children, _, parents, _ = fitted.apart.shape
    mean_log_deviation = 0.5 * torch.log(fitted.variances).mean(dim=0)
    even_mass = fitted.mass / (children / parents)
    return warmth * (costs.beta_a - (costs.beta_u + mean_log_deviation) * even_mass)


def _log_densities(fitted: _Gaussians) -> Float[Tensor, _LOGITS]:
    """Return ln p_j(i) but for the constant that all parents share."""
    squared = (fitted.apart * fitted.variances.reciprocal()).sum(dim=1)
    return -0.5 * (squared + torch.log(fitted.variances).sum(dim=0))


def _unit(poses: Float[Tensor, _PARENTS]) -> Float[Tensor, _PARENTS]:
    """Return directions; torch's own norm is slow along an outer axis."""
    return poses * poses.square().sum(dim=0).clamp(min=_SHORTEST**2).rsqrt()


def _exact(given: Tensor, *, iterations: int) -> Tensor:
    """Return it in double precision where single is not enough, and where the device has it."""
    if iterations <= _ROUNDS_IN_SINGLE or given.device.type == "mps":
        return given
    return given.double()


def _along_images(beta: Beta) -> Tensor | float:
    return beta.unsqueeze(1) if isinstance(beta, Tensor) else beta
