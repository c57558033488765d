"""What a curve and a table hold: estimates with their intervals, formatted nowhere."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Series:
    """One model's estimates with their intervals along the severities."""

    model: str
    severities: tuple[float, ...]
    estimates: tuple[float, ...]
    lower: tuple[float, ...]
    upper: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A published number; `source` names whose."""

    severity: float
    value: float
    source: str


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One small figure: a metric against severity under one condition.

    On a logarithmic axis (`scale` "log") what is zero cannot be seen. Where severity is what the
    metric should be, a `diagonal` says so.
    """

    name: str
    probe: str
    dataset: str
    condition: str
    metric: str
    unit: str
    chance: float | None
    series: tuple[Series, ...]
    n_seeds: tuple[int, int]
    n_units: tuple[int, int]
    marks: tuple[Mark, ...] = ()
    scale: Literal["linear", "log"] = "linear"
    diagonal: bool = False


@dataclass(frozen=True, kw_only=True)
class Cell:
    """An estimate with its interval."""

    estimate: float
    lower: float
    upper: float


@dataclass(frozen=True, kw_only=True)
class GridRow:
    """One line of a table: the models' estimates side by side, None where there is none."""

    condition: str
    metric: str
    unit: str
    severity: float | None
    cells: tuple[Cell | None, ...]
    n_seeds: tuple[int, int]
    n_units: tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Grid:
    """A table for one dataset; `n_rows` counts also the rows that are only in the files."""

    dataset: str
    models: tuple[str, ...]
    rows: tuple[GridRow, ...]
    n_rows: int
