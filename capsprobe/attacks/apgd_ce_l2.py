"""Auto-PGD on the cross-entropy in the Euclidean norm (Croce and Hein 2020)."""

from dataclasses import dataclass
from typing import ClassVar

from jaxtyping import Float, Int64
from torch import Tensor

from capsprobe.attacks.adapter import Adapter
from capsprobe.attacks.auto import climb_entropy
from capsprobe.attacks.balls import L2Ball
from capsprobe.attacks.base import Attack, attacks
from capsprobe.attacks.descent import check_descent
from capsprobe.shapes import IMAGES


@attacks.register("apgd-ce-l2")
@dataclass(frozen=True, kw_only=True)
class ApgdCeL2(Attack):
    """Descent with momentum that halves its own steps, on the cross-entropy."""

    name: ClassVar = "apgd-ce-l2"
    norm: ClassVar = "l2"
    efforts: ClassVar = {"standard": {"steps": 50}, "strong": {"restarts": 5}}

    steps: int = 100
    restarts: int = 1

    def __post_init__(self) -> None:
        """Raise UsageFault where a number of steps or restarts cannot be meant."""
        check_descent(steps=self.steps, restarts=self.restarts)

    def perturb(
        self,
        mapped: Adapter,
        images: Float[Tensor, IMAGES],
        labels: Int64[Tensor, " images"],
        *,
        epsilon: float,
    ) -> Float[Tensor, IMAGES]:
        """Return what errs most of all iterates of all runs."""
        return climb_entropy(
            mapped,
            images,
            labels,
            ball=L2Ball(epsilon),
            steps=self.steps,
            restarts=self.restarts,
        )
