"""Sizes of perturbations, and what is inside a budget."""

import math
from typing import Literal

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from capsprobe.faults import UsageFault
from capsprobe.shapes import IMAGES

Norm = Literal["linf", "l2"]
# Of a perturbation of 256x256 pixels, all of them from black to white.
MOST: dict[Norm, float] = {"linf": 1.0, "l2": 256.0}
# Scaled to the budget itself, a perturbation would exceed it by the rounding of its pixels.
_BELOW = 1.0 - 1e-6


def sizes(delta: Float[Tensor, IMAGES], norm: Norm) -> Float64[Tensor, " images"]:
    """Return the norm of each perturbation, computed in double precision."""
    flat = delta.double().flatten(1)
    return flat.abs().amax(dim=1) if norm == "linf" else flat.norm(dim=1)


def clip(
    images: Float[Tensor, IMAGES], clean: Float[Tensor, IMAGES], *, epsilon: float, norm: Norm
) -> Float[Tensor, IMAGES]:
    """Return images pulled into the budget around the clean ones, then into [0, 1].

    The second step only shortens: the clean images lie in [0, 1] themselves.
    """
    delta = images - clean
    if norm == "linf":
        delta = delta.clamp(-epsilon, epsilon)
    else:
        found = sizes(delta, norm)
        factor = torch.where(found > epsilon, _BELOW * epsilon / found, 1.0)
        delta = delta * factor.to(delta.dtype)[:, None, None, None]
    return (clean + delta).clamp(0.0, 1.0)


def check_epsilon(epsilon: float, *, norm: Norm, pixels: int) -> None:
    """Raise UsageFault unless a perturbation of that size can be asked of so many pixels."""
    most = largest(norm, pixels=pixels)
    if not 0.0 < epsilon <= most:
        raise UsageFault(f"expected {norm} epsilon in (0, {most:g}], got {epsilon:g}")


def largest(norm: Norm, *, pixels: int) -> float:
    """Return the size of the largest perturbation of so many pixels in [0, 1]."""
    return 1.0 if norm == "linf" else math.sqrt(pixels)


def check_epsilons(norm: Norm, epsilons: tuple[float, ...]) -> None:
    """Raise UsageFault where sizes of perturbations are none, or do not rise."""
    outside = [epsilon for epsilon in epsilons if not 0.0 <= epsilon <= MOST[norm]]
    if outside:
        raise UsageFault(f"expected {norm} epsilons from 0 to {MOST[norm]:g}, got {outside[0]:g}")
    if list(epsilons) != sorted(set(epsilons)):
        listed = ", ".join(f"{epsilon:g}" for epsilon in epsilons)
        raise UsageFault(f"expected {norm} epsilons in rising order, each once, got {listed}")
