"""Projected gradient descent in the Euclidean norm (Madry et al. 2018)."""

from dataclasses import dataclass
from typing import ClassVar

from jaxtyping import Float, Int64
from torch import Tensor

from capsprobe.attacks.adapter import Adapter
from capsprobe.attacks.balls import L2Ball
from capsprobe.attacks.base import Attack, attacks
from capsprobe.attacks.budgets import Passes
from capsprobe.attacks.descent import check_descent, descend, descent_passes
from capsprobe.shapes import IMAGES


@attacks.register("pgd-l2")
@dataclass(frozen=True, kw_only=True)
class PgdL2(Attack):
    """Steps along the gradient's direction from random starts; each image keeps what breaks it."""

    name: ClassVar = "pgd-l2"
    norm: ClassVar = "l2"
    budget: ClassVar = "quick"
    efforts: ClassVar = {
        "quick": {"steps": 20},
        "standard": {"steps": 40, "restarts": 2},
        "strong": {"steps": 100, "restarts": 50},
    }

    steps: int = 40
    restarts: int = 1

    def __post_init__(self) -> None:
        """Raise UsageFault where a number of steps or restarts cannot be meant."""
        check_descent(steps=self.steps, restarts=self.restarts)

    def passes(self, classes: int) -> Passes:
        """Return those of the short run, the full ones, and the last one of the few nearest."""
        return descent_passes(steps=self.steps, restarts=self.restarts)

    def perturb(
        self,
        mapped: Adapter,
        images: Float[Tensor, IMAGES],
        labels: Int64[Tensor, " images"],
        *,
        epsilon: float,
    ) -> Float[Tensor, IMAGES]:
        """Return what errs most of all iterates of all runs."""
        return descend(
            mapped,
            images,
            labels,
            ball=L2Ball(epsilon),
            steps=self.steps,
            restarts=self.restarts,
        )
