"""EM routing (Hinton, Sabour and Frosst 2018): each parent is a Gaussian over the votes for it."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import logsigmoid

from capsprobe.routing.base import RoutingTrace, check_iterations, routings, unit
from capsprobe.routing.dynamic import agreement, weighted_sums
from capsprobe.shapes import COEFFICIENTS, PARENTS, VOTES

Beta = Float[Tensor, " parents"] | float
# Added to each variance: a parent of one child has none, and its density would be infinite.
LEAST_VARIANCE = 1e-4


def route_em(
    votes: Float[Tensor, VOTES],
    *,
    iterations: int = 3,
    beta_u: Beta = 0.0,
    beta_a: Beta = 0.0,
) -> RoutingTrace:
    """Return the trace of procedure 1: coefficients R_ij start even, then M-step and E-step.

    The parents are mu_j / |mu_j| times a_j: poses whose length is the activation. The children's
    activations are 1: here, as in Sabour et al. 2017, a vote comes from a pose whose length is the
    child's activation, so it has been weighed by it already. The logits are ln(a_j p_j(i)), of
    which R is the softmax over the parents. The last iteration ends with its M-step.

    The paper leaves the inverse temperature's schedule open. Here lambda_t = (1 - 2^-t) / n with
    n = children * pose / parents, the number of terms in the costs of an even share of children;
    beta_a is in units of n, so that both betas and the activation's logit are of order one
    whatever the layer's size.
    """
    check_iterations(iterations)
    seen = _double(votes)
    logits = [seen.new_zeros(seen.shape[:3])]
    parents = []
    for iteration in range(iterations):
        fitted = maximise(seen, logits[-1])
        activation = activation_logits(
            fitted, seen, warmth=1.0 - 0.5 ** (iteration + 1), beta_u=beta_u, beta_a=beta_a
        )
        parents.append(unit(fitted.means) * torch.sigmoid(activation).unsqueeze(2))
        if iteration + 1 < iterations:
            logits.append(logsigmoid(activation).unsqueeze(1) + log_densities(seen, fitted))
    return RoutingTrace(
        votes=votes,
        logits=tuple(each.to(votes) for each in logits),
        coefficients=tuple(torch.softmax(each, dim=2).to(votes) for each in logits),
        parents=tuple(each.to(votes) for each in parents),
    )


# Not as a decorator: that would hide the betas from whoever learns them.
routings.register("em")(route_em)


@dataclass(frozen=True, kw_only=True)
class Gaussians:
    """One Gaussian a parent, its axes those of the pose, and the children's mass in it."""

    means: Float[Tensor, PARENTS]
    variances: Float[Tensor, PARENTS]
    mass: Float[Tensor, "images parents"]


def maximise(votes: Float[Tensor, VOTES], logits: Float[Tensor, COEFFICIENTS]) -> Gaussians:
    """Return the M-step's mu_j = sum_i R_ij V_ij / sum_i R_ij, and the variances about it.

    R_ij / sum_i R_ij is taken from its logarithm: where all R_ij of a parent are too small for
    floating point, their ratios still are not.
    """
    log_coefficients = torch.log_softmax(logits, dim=2)
    shares = torch.softmax(log_coefficients, dim=1)
    means = weighted_sums(votes, shares)
    spread = (weighted_sums(votes.square(), shares) - means.square()).clamp(min=0.0)
    return Gaussians(
        means=means,
        variances=spread + LEAST_VARIANCE,
        mass=log_coefficients.exp().sum(dim=1),
    )


def activation_logits(
    fitted: Gaussians,
    votes: Float[Tensor, VOTES],
    *,
    warmth: float,
    beta_u: Beta,
    beta_a: Beta,
) -> Float[Tensor, "images parents"]:
    """Return lambda (beta_a - sum_h cost_h), cost_h = (beta_u + ln sigma_h) sum_i R_ij."""
    children, parents, pose = votes.shape[1:]
    even = children * pose / parents
    mean_log_deviation = 0.5 * torch.log(fitted.variances).mean(dim=2)
    cost = (beta_u + mean_log_deviation) * fitted.mass * pose
    return warmth * (beta_a - cost / even)


def log_densities(votes: Float[Tensor, VOTES], fitted: Gaussians) -> Float[Tensor, COEFFICIENTS]:
    """Return ln p_j(i) of the E-step but for the constant that all parents share."""
    # (V - mu)^2 / sigma^2 multiplied out, so that nothing as large as the votes lies between.
    precisions = 1.0 / fitted.variances
    scaled = fitted.means * precisions
    of_parents = (fitted.means * scaled + torch.log(fitted.variances)).sum(dim=2)
    squared = agreement(votes.square(), precisions) - 2.0 * agreement(votes, scaled)
    return -0.5 * (squared + of_parents.unsqueeze(1))


def _double(votes: Float[Tensor, VOTES]) -> Float[Tensor, VOTES]:
    """Return the votes in double precision, where the device has it.

    Log densities run to thousands, and what single precision rounds off them decides about
    children between two parents, round after round.
    """
    return votes if votes.device.type == "mps" else votes.double()
