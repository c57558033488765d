"""What may be spent on attacks: which of them run, through which output maps, with what effort.

A number that rests on a small budget says less, so whatever a budget leaves out is said beside it.
"""

from dataclasses import dataclass
from typing import Literal

Budget = Literal["quick", "standard", "strong"]
BUDGETS: tuple[Budget, ...] = ("quick", "standard", "strong")
MAPS: dict[Budget, tuple[str, ...]] = {
    "quick": ("margin", "scores"),
    "standard": ("margin", "scores", "logits", "dlr"),
    "strong": ("margin", "scores", "logits", "dlr"),
}


@dataclass(frozen=True)
class Passes:
    """How often one image goes through the network, and how often a gradient comes back."""

    forward: int = 0
    backward: int = 0

    def __add__(self, other: "Passes") -> "Passes":
        return Passes(self.forward + other.forward, self.backward + other.backward)

    def __mul__(self, times: int) -> "Passes":
        return Passes(self.forward * times, self.backward * times)


def affords(budget: Budget, needed: Budget) -> bool:
    """Return whether one budget holds all that another does."""
    return BUDGETS.index(budget) >= BUDGETS.index(needed)
