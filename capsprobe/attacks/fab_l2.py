"""The fast adaptive boundary attack, targeted, in the Euclidean norm (Croce and Hein 2020)."""

from dataclasses import dataclass
from typing import ClassVar

from jaxtyping import Float, Int64
from torch import Tensor

from capsprobe.attacks.adapter import Adapter
from capsprobe.attacks.auto import check_targets
from capsprobe.attacks.base import attacks
from capsprobe.attacks.budgets import Passes
from capsprobe.attacks.descent import check_descent
from capsprobe.attacks.hyperplanes import project_often
from capsprobe.attacks.nearest import DRAWN, MinimumNorm
from capsprobe.shapes import IMAGES


@attacks.register("fab-l2")
@dataclass(frozen=True, kw_only=True)
class FabL2(MinimumNorm):
    """Steps to the hyperplanes of the network taken as linear, inside the box, and back."""

    name: ClassVar = "fab-l2"
    norm: ClassVar = "l2"
    # What is taken as linear is a difference of two outputs, whatever their scale.
    made_for: ClassVar = ("scores", "logits")
    efforts: ClassVar = {
        "standard": {"steps": 20, "targets": 4},
        "strong": {"steps": 100, "restarts": 5},
    }

    steps: int = 100
    restarts: int = 1
    targets: int = 9

    def __post_init__(self) -> None:
        """Raise UsageFault where a number of steps, restarts or targets cannot be meant."""
        check_descent(steps=self.steps, restarts=self.restarts)
        check_targets(self.targets)

    def passes(self, classes: int) -> Passes:
        """Return those of all runs: a step, a look whether it errs, and the way back."""
        runs = self.restarts * min(self.targets, classes - 1)
        return Passes(2 * self.steps, self.steps) * runs + DRAWN

    def nearest(
        self,
        mapped: Adapter,
        images: Float[Tensor, IMAGES],
        labels: Int64[Tensor, " images"],
    ) -> Float[Tensor, IMAGES]:
        """Return the nearest image that errs over all targets and restarts."""
        return project_often(
            mapped,
            images,
            labels,
            norm="l2",
            steps=self.steps,
            restarts=self.restarts,
            targets=self.targets,
        )
