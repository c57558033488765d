"""Rows: what was measured, against what, and whether it is as wanted.

Both sides of a row are measured in turns in one run, so that a ratio belongs to each repetition,
and the row's ratio is their median. The medians of the sides need not divide to it.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

Quotient = Literal["other / ours", "ours / other", "ours - other"]
UNITS = Literal["ms", "s", "MiB", "GB/s", "%", "1"]


@dataclass(frozen=True)
class Spread:
    """Median and quartiles."""

    lower: float
    median: float
    upper: float

    @classmethod
    def of(cls, values: tuple[float, ...]) -> "Spread":
        """Return those of at least one number."""
        lower, median, upper = np.quantile(values, [0.25, 0.5, 0.75]).tolist()
        return cls(lower, median, upper)


@dataclass(frozen=True)
class Bound:
    """What is wanted of a row: of its ratio, or of our side itself."""

    sign: Literal[">=", "<="]
    limit: float
    of: Literal["ratio", "ours"] = "ratio"

    def met_by(self, value: float) -> bool:
        """Return whether a value is on the right side; the limit itself is."""
        return value >= self.limit if self.sign == ">=" else value <= self.limit


@dataclass(frozen=True, kw_only=True)
class Row:
    """One comparison: a number a repetition for each side.

    A row without `other` is a number of ours alone. `detail` rows are written, not printed.
    """

    what: str
    ours: tuple[float, ...]
    unit: UNITS
    against: str = ""
    other: tuple[float, ...] = ()
    quotient: Quotient = "other / ours"
    bound: Bound | None = None
    note: str = ""
    detail: bool = False

    @property
    def ratios(self) -> tuple[float, ...]:
        """Return the ratio of each repetition, or the difference where that is what counts."""
        return tuple(
            _quotient(self.quotient, ours, other)
            for ours, other in zip(self.ours, self.other, strict=bool(self.other))
        )

    @property
    def met(self) -> bool | None:
        """Return whether the median is as wanted; None where nothing is."""
        if self.bound is None:
            return None
        judged = self.ratios if self.bound.of == "ratio" else self.ours
        return self.bound.met_by(Spread.of(judged).median)


@dataclass(frozen=True, kw_only=True)
class Point:
    """The time of one call at one place of an axis, in one repetition."""

    axis: str
    series: str
    at: int
    repetition: int
    ms: float


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What one case found."""

    rows: tuple[Row, ...]
    points: tuple[Point, ...] = ()


def found(*rows: Row) -> Findings:
    """Return findings of rows alone."""
    return Findings(rows=rows)


def _quotient(kind: Quotient, ours: float, other: float) -> float:
    if kind == "ours - other":
        return ours - other
    return other / ours if kind == "other / ours" else ours / other
