"""Accuracy from natural to the worst that was found, as a table and as a figure."""

from collections.abc import Iterator
from dataclasses import replace

import pandas as pd

from capsprobe.report.exhibits import Dot, Stair, Stairs
from capsprobe.report.grids import single_grid
from capsprobe.report.measures import span
from capsprobe.report.panels import Cell, Grid
from capsprobe.report.routing.evidence import Evidence
from capsprobe.report.shifts import NATURAL

METRIC = "correct"


def grid(evidence: Evidence) -> Grid:
    """Return a row for natural accuracy and one for each condition."""
    scope = evidence.scope
    ordered = replace(scope, conditions=(NATURAL, *scope.conditions))
    return single_grid(_estimates(evidence), ordered)


def stairs(evidence: Evidence) -> tuple[Stairs, ...]:
    """Return the figure of all models, from natural accuracy down."""
    table = _estimates(evidence)
    if table.empty:
        return ()
    steps = {name: table[table["condition"] == name] for name in table["condition"].unique()}
    figure = Stairs(
        name=evidence.named("stairs"),
        metric=METRIC,
        rows=tuple(
            Stair(
                condition=str(name),
                dots=tuple(_dots(evidence, rows)),
                n_units=span(rows["n_units"]),
            )
            for name, rows in steps.items()
        ),
        n_seeds=span(table["n_seeds"]),
        n_units=span(table["n_units"]),
    )
    return (figure,)


def _estimates(evidence: Evidence) -> pd.DataFrame:
    """Return the estimates in the order of the conditions, those of all images as they are first.

    Every condition has natural rows of the images that it is about; those of the most images are
    taken.
    """
    held = evidence.estimates
    held = held[(held["metric"] == METRIC) & held["model"].isin(evidence.scope.models)]
    clean = held[held["severity"] == 0.0].sort_values("n_units", ascending=False, kind="stable")
    natural = clean.drop_duplicates("model").assign(condition=NATURAL)
    places = {name: place for place, name in enumerate(evidence.scope.conditions)}
    worse = held[held["severity"] != 0.0]
    worse = worse.sort_values("condition", key=lambda names: names.map(places), kind="stable")
    return pd.concat([natural, worse], ignore_index=True)


def _dots(evidence: Evidence, rows: pd.DataFrame) -> Iterator[Dot]:
    by_model = {str(row["model"]): row for row in rows.to_dict("records")}
    for model in evidence.models:
        if model in by_model:
            row = by_model[model]
            cell = Cell(estimate=row["estimate"], lower=row["lower"], upper=row["upper"])
            yield Dot(model=model, cell=cell, null=None)
