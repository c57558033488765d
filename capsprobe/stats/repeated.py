"""Whether a published number or order comes out again, by rules fixed before any was compared."""

from typing import Literal

Outcome = Literal["inside", "near", "above", "below", "same", "opposite", "open", "no number"]
FACTOR = 1.5
"""How many times as far the one distance may be as the other to be called near."""
POINTS = 0.05
"""How far apart two fractions may be to be called near."""


def judge_number(
    published: float | None,
    estimate: float,
    *,
    lower: float,
    upper: float,
    is_fraction: bool,
) -> Outcome:
    """Return whether a published number lies in our interval, near our estimate, or neither.

    "above" and "below" say where ours lies.
    """
    if published is None:
        return "no number"
    if lower <= published <= upper:
        return "inside"
    smaller, larger = sorted((estimate, published))
    if larger - smaller <= POINTS if is_fraction else larger <= FACTOR * smaller:
        return "near"
    return "above" if estimate > published else "below"


def judge_order(
    expected: Literal["higher", "lower"],
    ours: tuple[float, float],
    beside: tuple[float, float],
) -> Outcome:
    """Return whether two intervals stand in the published order; open where they meet."""
    if ours[0] <= beside[1] and beside[0] <= ours[1]:
        return "open"
    found = "higher" if ours[0] > beside[1] else "lower"
    return "same" if found == expected else "opposite"
