"""Projected gradient descent in the maximum norm (Madry et al. 2018)."""

from dataclasses import dataclass
from typing import ClassVar

import torchattacks
from jaxtyping import Float, Int64
from torch import Tensor, nn

from capsprobe.attacks.base import Attack, attacks
from capsprobe.attacks.descent import Search, check_descent, descend, step_size
from capsprobe.shapes import IMAGES


@attacks.register("pgd")
@dataclass(frozen=True, kw_only=True)
class Pgd(Attack):
    """Steps along the gradient's sign from random starts; each image keeps what breaks it."""

    name: ClassVar = "pgd"
    norm: ClassVar = "linf"

    steps: int = 40
    restarts: int = 1

    def __post_init__(self) -> None:
        """Raise UsageFault where a number of steps or restarts cannot be meant."""
        check_descent(steps=self.steps, restarts=self.restarts)

    def perturb(
        self,
        mapped: nn.Module,
        images: Float[Tensor, IMAGES],
        labels: Int64[Tensor, " images"],
        *,
        epsilon: float,
    ) -> Float[Tensor, IMAGES]:
        """Return what errs most of all iterates of all runs."""

        def search(model: nn.Module, steps: int) -> Search:
            return torchattacks.PGD(
                model, eps=epsilon, alpha=step_size(epsilon, steps), steps=steps
            )

        return descend(
            mapped, images, labels, steps=self.steps, restarts=self.restarts, search=search
        )
