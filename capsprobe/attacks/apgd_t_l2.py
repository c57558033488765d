"""Targeted Auto-PGD on the difference of logits ratio, Euclidean norm (Croce and Hein 2020)."""

from dataclasses import dataclass
from typing import ClassVar

from jaxtyping import Float, Int64
from torch import Tensor

from capsprobe.attacks.adapter import Adapter
from capsprobe.attacks.auto import check_targets, climb_targets
from capsprobe.attacks.balls import L2Ball
from capsprobe.attacks.base import Attack, attacks
from capsprobe.attacks.budgets import Passes
from capsprobe.attacks.descent import check_descent
from capsprobe.shapes import IMAGES


@attacks.register("apgd-t-l2")
@dataclass(frozen=True, kw_only=True)
class ApgdTL2(Attack):
    """Descent with momentum that halves its own steps, towards the likeliest other classes."""

    name: ClassVar = "apgd-t-l2"
    norm: ClassVar = "l2"
    # The ratio knows no scale, so the maps that only change it would be tried for nothing.
    made_for: ClassVar = ("scores", "logits")
    follows: ClassVar = True
    efforts: ClassVar = {"standard": {"steps": 50, "targets": 4}}

    steps: int = 100
    targets: int = 9

    def __post_init__(self) -> None:
        """Raise UsageFault where a number of steps or targets cannot be meant."""
        check_descent(steps=self.steps, restarts=1)
        check_targets(self.targets)

    def passes(self, classes: int) -> Passes:
        """Return those of a run to each target."""
        return Passes(self.steps, self.steps) * min(self.targets, classes - 1)

    def perturb(
        self,
        mapped: Adapter,
        images: Float[Tensor, IMAGES],
        labels: Int64[Tensor, " images"],
        *,
        epsilon: float,
    ) -> Float[Tensor, IMAGES]:
        """Return what errs most of all iterates towards all targets."""
        return climb_targets(
            mapped,
            images,
            labels,
            ball=L2Ball(epsilon),
            steps=self.steps,
            targets=self.targets,
        )
