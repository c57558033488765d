"""Tables on the page: the models' estimates side by side, a line for each severity.

A long table in files has one estimate a line; a reader compares models, so here they share one.
"""

from collections.abc import Sequence
from math import isnan

import pandas as pd

from capsprobe.report.measures import DRAWN_METRICS, Scope, is_main, span
from capsprobe.report.summary import Cell, Grid, GridRow


def estimates_grid(estimates: pd.DataFrame, scope: Scope) -> Grid:
    """Return the estimates of the scope's dataset, main conditions before single output maps."""
    return _grid(estimates, scope)


def means_grid(means: pd.DataFrame, scope: Scope) -> Grid:
    """Return the means over the severities, of main conditions and fractions alone."""
    drawn = means[means["condition"].map(is_main).astype(bool) & _is_drawn(means["metric"])]
    return _grid(drawn.assign(severity=float("nan")), scope)


def _grid(table: pd.DataFrame, scope: Scope) -> Grid:
    places = {name: place for place, name in enumerate(scope.conditions)}
    metrics = {name: place for place, name in enumerate(DRAWN_METRICS)}
    held = table[table["model"].isin(scope.models)]
    ordered = held.assign(
        _map=[not is_main(name) for name in held["condition"]],
        _condition=[places.get(name, len(places)) for name in held["condition"]],
        _metric=[metrics.get(name, len(metrics)) for name in held["metric"]],
    )
    keys = ["_map", "_condition", "condition", "_metric", "metric", "severity"]
    groups = list(ordered.groupby(keys, sort=True, observed=True, dropna=False))
    present = [name for name in scope.models if name in set(held["model"])]
    return Grid(
        dataset=scope.dataset,
        models=tuple(present),
        rows=tuple(_row(rows, scope, present) for _, rows in groups[: scope.most]),
        n_rows=len(groups),
    )


def _row(rows: pd.DataFrame, scope: Scope, models: Sequence[str]) -> GridRow:
    condition, severity = str(rows["condition"].iloc[0]), float(rows["severity"].iloc[0])
    cells = {
        str(row["model"]): Cell(estimate=row["estimate"], lower=row["lower"], upper=row["upper"])
        for row in rows.to_dict("records")
    }
    return GridRow(
        condition=condition,
        metric=str(rows["metric"].iloc[0]),
        unit=scope.units.get(condition, ""),
        severity=None if isnan(severity) else severity,
        cells=tuple(cells.get(name) for name in models),
        n_seeds=span(rows["n_seeds"]),
        n_units=span(rows["n_units"]),
    )


def _is_drawn(metrics: pd.Series) -> pd.Series:
    drawn = metrics.isin(DRAWN_METRICS)
    return drawn if drawn.any() else metrics.notna()
