"""What may be spent on attacks: which of them run, through which output maps, with what effort.

A number that rests on a small budget says less, so whatever a budget leaves out is said beside it.
"""

from typing import Literal

Budget = Literal["quick", "standard", "strong"]
BUDGETS: tuple[Budget, ...] = ("quick", "standard", "strong")
MAPS: dict[Budget, tuple[str, ...]] = {
    "quick": ("margin", "scores"),
    "standard": ("margin", "scores", "logits", "dlr"),
    "strong": ("margin", "scores", "logits", "dlr"),
}


def affords(budget: Budget, needed: Budget) -> bool:
    """Return whether one budget holds all that another does."""
    return BUDGETS.index(budget) >= BUDGETS.index(needed)
