"""Tables on the page: the models' estimates side by side, a line for each severity.

A long table in files has one estimate a line; a reader compares models, so here they share one.
"""

from collections.abc import Hashable, Iterable, Sequence
from itertools import groupby
from math import isnan
from typing import Any

import pandas as pd

from capsprobe.report.measures import DRAWN_METRICS, Scope, is_main
from capsprobe.report.panels import Cell, Grid, GridRow


def estimates_grid(estimates: pd.DataFrame, scope: Scope) -> Grid:
    """Return the estimates of the scope's dataset, main conditions before single output maps."""
    return _grid(estimates, scope)


def means_grid(means: pd.DataFrame, scope: Scope) -> Grid:
    """Return the means over the severities, of main conditions and fractions alone."""
    drawn = means[means["condition"].map(is_main).astype(bool) & _is_drawn(means["metric"])]
    return single_grid(drawn, scope)


def single_grid(table: pd.DataFrame, scope: Scope) -> Grid:
    """Return estimates that have one severity, or none, without it."""
    return _grid(table.assign(severity=float("nan")), scope)


def _grid(table: pd.DataFrame, scope: Scope) -> Grid:
    places = {name: place for place, name in enumerate(scope.conditions)}
    metrics = {name: place for place, name in enumerate(DRAWN_METRICS)}
    held = table[table["model"].isin(scope.models)]
    ordered = held.assign(
        _map=[not is_main(name) for name in held["condition"]],
        _condition=[places.get(name, len(places)) for name in held["condition"]],
        _metric=[metrics.get(name, len(metrics)) for name in held["metric"]],
    ).sort_values(["_map", "_condition", "condition", "_metric", "metric", "severity"])
    present = [name for name in scope.models if name in set(held["model"])]
    groups = [list(lines) for _, lines in groupby(ordered.to_dict("records"), key=_line)]
    return Grid(
        dataset=scope.dataset,
        models=tuple(present),
        rows=tuple(_row(lines, scope, present) for lines in groups[: scope.most]),
        n_rows=len(groups),
    )


def _line(row: dict[Hashable, Any]) -> tuple[str, str, float | None]:
    """Return what all estimates in one line share; a mean has no severity."""
    severity = None if isnan(row["severity"]) else float(row["severity"])
    return str(row["condition"]), str(row["metric"]), severity


def _row(lines: list[dict[Hashable, Any]], scope: Scope, models: Sequence[str]) -> GridRow:
    condition, metric, severity = _line(lines[0])
    cells = {
        str(row["model"]): Cell(estimate=row["estimate"], lower=row["lower"], upper=row["upper"])
        for row in lines
    }
    return GridRow(
        condition=condition,
        metric=metric,
        unit=scope.units.get(condition, ""),
        severity=severity,
        cells=tuple(cells.get(name) for name in models),
        n_seeds=_ends(row["n_seeds"] for row in lines),
        n_units=_ends(row["n_units"] for row in lines),
    )


def _ends(numbers: Iterable[int]) -> tuple[int, int]:
    held = [int(number) for number in numbers]
    return min(held), max(held)


def _is_drawn(metrics: pd.Series) -> pd.Series:
    drawn = metrics.isin(DRAWN_METRICS)
    return drawn if drawn.any() else metrics.notna()
