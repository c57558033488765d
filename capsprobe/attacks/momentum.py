"""The momentum iterative method (Dong et al. 2018): images that are made to deceive others too."""

from dataclasses import dataclass
from typing import ClassVar

import torchattacks
from jaxtyping import Float, Int64
from torch import Tensor

from capsprobe.attacks.adapter import Adapter
from capsprobe.attacks.base import Attack
from capsprobe.attacks.descent import check_descent
from capsprobe.shapes import IMAGES


# Not registered: within a budget PGD does more to the network that it follows.
@dataclass(frozen=True, kw_only=True)
class Momentum(Attack):
    """Steps of eps / steps along the sign of a running sum of gradients, all of them taken.

    An image that is wrong before the last step goes on: just across one network's boundary it
    would hardly be wrong for another.
    """

    name: ClassVar = "momentum"
    norm: ClassVar = "linf"

    steps: int = 10

    def __post_init__(self) -> None:
        """Raise UsageFault where a number of steps cannot be meant."""
        check_descent(steps=self.steps, restarts=1)

    def perturb(
        self,
        mapped: Adapter,
        images: Float[Tensor, IMAGES],
        labels: Int64[Tensor, " images"],
        *,
        epsilon: float,
    ) -> Float[Tensor, IMAGES]:
        """Return the images after the last step."""
        attack = torchattacks.MIFGSM(
            mapped, eps=epsilon, alpha=epsilon / self.steps, steps=self.steps, decay=1.0
        )
        return attack(images, labels)
