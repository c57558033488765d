"""The fast gradient sign method (Goodfellow et al. 2015): one step to the budget's edge."""

from dataclasses import dataclass
from typing import ClassVar

import torchattacks
from jaxtyping import Float, Int64
from torch import Tensor

from capsprobe.attacks.adapter import Adapter
from capsprobe.attacks.base import Attack, attacks
from capsprobe.shapes import IMAGES


@attacks.register("fgsm")
@dataclass(frozen=True, kw_only=True)
class Fgsm(Attack):
    """x + eps sign(gradient of the cross-entropy)."""

    name: ClassVar = "fgsm"
    norm: ClassVar = "linf"
    budget: ClassVar = "quick"

    def perturb(
        self,
        mapped: Adapter,
        images: Float[Tensor, IMAGES],
        labels: Int64[Tensor, " images"],
        *,
        epsilon: float,
    ) -> Float[Tensor, IMAGES]:
        """Return the images after one step."""
        return torchattacks.FGSM(mapped, eps=epsilon)(images, labels)
