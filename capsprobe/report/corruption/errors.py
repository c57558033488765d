"""Errors beside those of the baseline, as tables and as a figure."""

from collections.abc import Iterator
from dataclasses import replace

import pandas as pd

from capsprobe.report.exhibits import Dot, Ladder
from capsprobe.report.grids import single_grid
from capsprobe.report.measures import span
from capsprobe.report.panels import Cell, Grid
from capsprobe.report.routing.evidence import Evidence
from capsprobe.stats.corruption import BESIDE, ERROR, MEAN


def means(evidence: Evidence) -> Grid:
    """Return the errors in the mean over kinds: plain, beside the baseline's, and relative."""
    held = evidence.errors
    return single_grid(held[held["condition"] == MEAN], evidence.scope)


def by_kind(evidence: Evidence) -> Grid:
    """Return each kind's error beside the baseline's, empty where that has no part in the mean."""
    held = evidence.errors
    chosen = (held["condition"] != MEAN) & (held["metric"] == BESIDE)
    grid = single_grid(held[chosen], evidence.scope)
    if not grid.rows:
        return grid
    known = {row.condition: row for row in grid.rows}
    empty = replace(grid.rows[0], cells=(None,) * len(grid.models))
    kinds = [name for name in evidence.scope.conditions if name in set(held["condition"])]
    units = evidence.scope.units
    rows = tuple(
        known.get(name, replace(empty, condition=name, unit=units.get(name, ""))) for name in kinds
    )
    return replace(grid, rows=rows, n_rows=len(rows))


def ladders(evidence: Evidence) -> tuple[Ladder, ...]:
    """Return the figure of all models' errors by kind, those in the mean last."""
    held = evidence.errors
    rows = held[(held["metric"] == ERROR) & held["model"].isin(evidence.scope.models)]
    if rows.empty:
        return ()
    ladder = Ladder(
        name=evidence.named("error"),
        metric=ERROR,
        rows=tuple(
            (condition, tuple(_dots(evidence, rows[rows["condition"] == condition])))
            for condition in (*evidence.scope.conditions, MEAN)
        ),
        n_seeds=span(rows["n_seeds"]),
        n_units=span(rows["n_units"]),
    )
    return (ladder,)


def _dots(evidence: Evidence, rows: pd.DataFrame) -> Iterator[Dot]:
    by_model = {str(row["model"]): row for row in rows.to_dict("records")}
    for model in evidence.models:
        if model in by_model:
            row = by_model[model]
            cell = Cell(estimate=row["estimate"], lower=row["lower"], upper=row["upper"])
            yield Dot(model=model, cell=cell, null=None)
