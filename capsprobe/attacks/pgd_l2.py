"""Projected gradient descent in the Euclidean norm (Madry et al. 2018)."""

from dataclasses import dataclass
from typing import ClassVar

import torchattacks
from jaxtyping import Float, Int64
from torch import Tensor, nn

from capsprobe.attacks.base import Attack, attacks
from capsprobe.attacks.descent import Search, check_descent, descend, step_size
from capsprobe.shapes import IMAGES

# Added to the gradient's norm before it divides. torchattacks' own 1e-10 would shorten every step
# of a network that is sure of its answers, whose gradients are smaller.
_NEVER_ZERO = 1e-30


@attacks.register("pgd-l2")
@dataclass(frozen=True, kw_only=True)
class PgdL2(Attack):
    """Steps along the gradient's direction from random starts; each image keeps what breaks it."""

    name: ClassVar = "pgd-l2"
    norm: ClassVar = "l2"

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
            return torchattacks.PGDL2(
                model,
                eps=epsilon,
                alpha=step_size(epsilon, steps),
                steps=steps,
                eps_for_division=_NEVER_ZERO,
            )

        return descend(
            mapped, images, labels, steps=self.steps, restarts=self.restarts, search=search
        )
