"""Rows of points with intervals and nulls, for any conditions and metrics of one probe."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from capsprobe.report.exhibits import Dot, Dots
from capsprobe.report.measures import span
from capsprobe.report.panels import Cell
from capsprobe.report.routing.evidence import Evidence


@dataclass(frozen=True, kw_only=True)
class Row:
    """What a row shows, and what chance gives beside it; at any severity where none is named."""

    label: str
    condition: str
    metric: str
    null: str = ""
    severity: float | None = None


def points(
    evidence: Evidence,
    rows: Sequence[Row],
    *,
    name: str,
    heading: str,
    axis: str,
    lowest: float = 0.0,
) -> tuple[Dots, ...]:
    """Return one figure of the rows that were measured, none where none was."""
    held = [(row, _chosen(evidence, row, row.metric)) for row in rows]
    held = [(row, table) for row, table in held if len(table)]
    if not held:
        return ()
    seen = pd.concat([table for _, table in held])
    figure = Dots(
        name=evidence.named(name),
        condition=held[0][0].condition,
        kind=name,
        lowest=lowest,
        rows=tuple((row.label, tuple(_dots(evidence, row, table))) for row, table in held),
        n_seeds=span(seen["n_seeds"]),
        n_units=span(seen["n_units"]),
        heading=heading,
        axis=axis,
    )
    return (figure,)


def cell_of(row: pd.Series) -> Cell:
    """Return an estimate's row as a cell."""
    return Cell(
        estimate=float(row["estimate"]), lower=float(row["lower"]), upper=float(row["upper"])
    )


def _chosen(evidence: Evidence, row: Row, metric: str) -> pd.DataFrame:
    table = evidence.rows(row.condition, metric)
    return table if row.severity is None else table[table["severity"] == row.severity]


def _dots(evidence: Evidence, row: Row, table: pd.DataFrame) -> Iterator[Dot]:
    nulls = _chosen(evidence, row, row.null) if row.null else table.head(0)
    for model in evidence.models:
        own, null = table[table["model"] == model], nulls[nulls["model"] == model]
        if len(own):
            chance = cell_of(null.iloc[0]) if len(null) else None
            yield Dot(model=model, cell=cell_of(own.iloc[0]), null=chance)
