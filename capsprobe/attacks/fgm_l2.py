"""The fast gradient method in the Euclidean norm: one step to the budget's edge."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float, Int64
from torch import Tensor
from torch.nn.functional import cross_entropy

from capsprobe.attacks.adapter import Adapter
from capsprobe.attacks.balls import L2Ball
from capsprobe.attacks.base import Attack
from capsprobe.shapes import IMAGES


@dataclass(frozen=True, kw_only=True)
class FgmL2(Attack):
    """x + eps g / |g|, g the gradient of the cross-entropy.

    It measures what many steps are worth, so it is not registered among attacks.
    """

    name: ClassVar = "fgm-l2"
    norm: ClassVar = "l2"

    def perturb(
        self,
        mapped: Adapter,
        images: Float[Tensor, IMAGES],
        labels: Int64[Tensor, " images"],
        *,
        epsilon: float,
    ) -> Float[Tensor, IMAGES]:
        """Return the images after one step."""
        at = images.clone().requires_grad_()
        (gradient,) = torch.autograd.grad(cross_entropy(mapped(at), labels, reduction="sum"), at)
        return L2Ball(epsilon).step(images, images, gradient, size=epsilon)
