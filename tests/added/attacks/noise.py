"""Noise at the budget's edge, drawn and not sought."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from capsprobe.attacks.base import Attack, attacks
from capsprobe.shapes import IMAGES


@attacks.register("noise")
@dataclass(frozen=True, kw_only=True)
class Noise(Attack):
    """x + eps times a random sign a pixel."""

    name: ClassVar = "noise"
    norm: ClassVar = "linf"

    def perturb(
        self,
        mapped: nn.Module,
        images: Float[Tensor, IMAGES],
        labels: Int64[Tensor, " images"],
        *,
        epsilon: float,
    ) -> Float[Tensor, IMAGES]:
        """Return the noisy images."""
        return images + epsilon * torch.randn_like(images).sign()
