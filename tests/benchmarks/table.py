"""The one table: printed with rich, written as CSV, a row a comparison."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tests.benchmarks.rows import Findings, Point, Row, Spread

_PLAIN_WIDTH = 200
_MET = {True: "yes", False: "no", None: ""}
_COLOUR = {True: "green", False: "red", None: ""}
_PARTS = ("lower", "median", "upper")


@dataclass(frozen=True, kw_only=True)
class Result:
    """What became of a case: findings, or why there are none."""

    case: str
    findings: Findings | None = None
    failure: str = ""

    @property
    def rows(self) -> tuple[Row, ...]:
        """Return its rows; none where it failed."""
        return () if self.findings is None else self.findings.rows

    @property
    def points(self) -> tuple[Point, ...]:
        """Return its points; none where it failed."""
        return () if self.findings is None else self.findings.points


def show(results: Sequence[Result], console: Console) -> None:
    """Print the table; wide and without colours or lines where there is no terminal."""
    if not console.is_terminal:
        console = Console(file=console.file, width=_PLAIN_WIDTH, color_system=None)
    table = Table(box=box.SIMPLE_HEAD if console.is_terminal else None, pad_edge=False)
    for title in ("measured", "against", "unit"):
        table.add_column(title)
    for title in ("ours (quartiles)", "theirs (quartiles)", "ratio (quartiles)", "wanted"):
        table.add_column(title, justify="right")
    table.add_column("met")
    group = ""
    for result in results:
        if group not in ("", result.case.partition("/")[0]):
            table.add_section()
        group = result.case.partition("/")[0]
        for cells, style in _lines(result):
            # Not strings: a failure's words may look like rich's markup.
            table.add_row(*(Text(cell) for cell in cells[:-1]), Text(cells[-1], style=style))
    console.print(table)


def to_frame(results: Sequence[Result]) -> pd.DataFrame:
    """Return every row, those that are not printed and the failures too, as columns."""
    return pd.DataFrame([line for result in results for line in _records(result)])


def points_frame(results: Sequence[Result]) -> pd.DataFrame:
    """Return every point with its repetition, a row a time."""
    return pd.DataFrame([vars(point) for result in results for point in result.points])


def number(value: float) -> str:
    """Return three digits that count, without an exponent where one can read it so."""
    if value != 0.0 and not 1e-3 <= abs(value) < 1e6:
        return f"{value:.1e}"
    whole = len(str(int(abs(value)))) if abs(value) >= 1.0 else 0
    return f"{value:.{max(0, 3 - whole)}f}"


def wanted(row: Row) -> str:
    """Return a row's bound in words; the side is named where it is not the ratio."""
    if row.bound is None:
        return ""
    limit = f"{row.bound.sign} {row.bound.limit:g}"
    return limit if row.bound.of == "ratio" or not row.other else f"ours {limit}"


def _lines(result: Result) -> list[tuple[tuple[str, ...], str]]:
    """Return cells, the last of them in the colour that follows."""
    if result.findings is None:
        return [((result.case, f"failed: {result.failure}", "", "", "", "", "", "-"), "red")]
    return [(_cells(row), _COLOUR[row.met]) for row in result.rows if not row.detail]


def _cells(row: Row) -> tuple[str, ...]:
    return (
        row.what,
        row.against,
        "" if row.unit == "1" else row.unit,
        _spread(row.ours),
        _spread(row.other),
        _spread(row.ratios),
        wanted(row),
        _MET[row.met],
    )


def _spread(values: tuple[float, ...]) -> str:
    if not values:
        return ""
    spread = Spread.of(values)
    middle = number(spread.median)
    if len(values) == 1:
        return middle
    return f"{middle} ({number(spread.lower)} to {number(spread.upper)})"


def _records(result: Result) -> list[dict[str, Any]]:
    if result.findings is None:
        return [{"case": result.case, "note": f"failed: {result.failure}"}]
    return [_record(result.case, row) for row in result.rows]


def _record(case: str, row: Row) -> dict[str, Any]:
    sides = {"ours": row.ours, "other": row.other, "ratio": row.ratios}
    spreads = {name: Spread.of(values) if values else None for name, values in sides.items()}
    return {
        "case": case,
        "measured": row.what,
        "against": row.against,
        "unit": row.unit,
        **{
            f"{name}_{part}": getattr(spread, part, None)
            for name, spread in spreads.items()
            for part in _PARTS
        },
        "ratio_is": row.quotient if row.other else "",
        "wanted": wanted(row),
        "met": _MET[row.met],
        "repetitions": len(row.ours),
        "note": row.note,
    }
