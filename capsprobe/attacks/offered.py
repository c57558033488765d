"""What a network offers to an attack: a gradient, scores that are not at a bound, one answer.

Nothing here attacks. An attack that finds nothing where none of this is offered proves nothing.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Float64, Int64
from torch import Tensor
from torch.nn.functional import cross_entropy

from capsprobe.attacks.adapter import forked
from capsprobe.faults import ModelFault
from capsprobe.models.base import ODDS_MARGIN, Network, Scores
from capsprobe.models.batches import in_batches
from capsprobe.models.inference import device_of, frozen
from capsprobe.seeds import derive
from capsprobe.shapes import IMAGES, SCORES


@dataclass(frozen=True, kw_only=True)
class Offer:
    """Per image: the norm of the gradient, whether scores lie at a bound, how far passes differ.

    The gradient is that of the cross-entropy of the scores as they come by the image; zero where
    there is none. `differentiable` says whether there is one at all.
    """

    gradient: Float64[Tensor, " images"]
    at_bound: Float64[Tensor, " images"]
    difference: Float64[Tensor, " images"]
    differentiable: bool


def offered(
    network: Network, images: Float[Tensor, IMAGES], labels: Int64[Tensor, " images"], *, seed: int
) -> Offer:
    """Return what a network offers at these images; it is left as found, as are generators.

    Raises
    ------
    ModelFault
        Where a score is not finite.
    """
    device = device_of(network)

    def few(rows: slice) -> Offer:
        at = images[rows].clone().to(device).requires_grad_()
        scores = _finite(network(at))
        with torch.no_grad():
            again = _finite(network(at))
        gradient = _gradient(scores, at, labels[rows].to(device))
        seen = scores.detach()
        return Offer(
            gradient=gradient.double().flatten(1).norm(dim=1).cpu(),
            at_bound=is_at_bound(seen, network.scores).double().cpu(),
            difference=(seen - again).abs().amax(dim=1).double().cpu(),
            differentiable=scores.requires_grad,
        )

    with frozen(network), forked(device), torch.inference_mode(False), torch.enable_grad():
        torch.manual_seed(derive(seed, "offered"))
        parts = [part for _, part in in_batches(network, len(images), few)]
    return Offer(
        gradient=torch.cat([part.gradient for part in parts]),
        at_bound=torch.cat([part.at_bound for part in parts]),
        difference=torch.cat([part.difference for part in parts]),
        differentiable=all(part.differentiable for part in parts),
    )


def is_at_bound(scores: Float[Tensor, SCORES], kind: Scores) -> Bool[Tensor, " images"]:
    """Return where scores end at a bound.

    Logits that all lie in [-1, 1] are what softmax, sigmoid or tanh made of logits. The longest
    length has reached its end where it is so near to 1 that its log odds are cut off.
    """
    if kind == "logits":
        return (scores.abs() <= 1.0).all(dim=1)
    return scores.amax(dim=1) >= 1.0 - ODDS_MARGIN


def _gradient(
    scores: Float[Tensor, SCORES], at: Float[Tensor, IMAGES], labels: Int64[Tensor, " images"]
) -> Float[Tensor, IMAGES]:
    """Return the gradient of each image's cross-entropy, zeros where scores have none."""
    if not scores.requires_grad:
        return torch.zeros_like(at)
    (gradient,) = torch.autograd.grad(cross_entropy(scores, labels, reduction="sum"), at)
    return gradient


def _finite(raw: Float[Tensor, SCORES]) -> Float[Tensor, SCORES]:
    if not torch.isfinite(raw).all():
        raise ModelFault("expected finite scores, got NaN or infinity")
    return raw.float()
