"""Routing's choices beside k-means of the same votes: every image, and what chance gives."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from capsprobe.report.exhibits import Spread, Violins
from capsprobe.report.measures import span
from capsprobe.report.panels import Cell
from capsprobe.report.routing.evidence import ROUNDS, Evidence
from capsprobe.stats.quantiles import quantiles

EUCLIDEAN = ("first-means", "plusplus", "concatenated")
SPHERICAL = tuple(f"spherical-{name}" for name in EUCLIDEAN)
_NULLS = ("shuffled", "uniform", "random")
_MIDDLE = (0.05, 0.5, 0.95)


def violins(evidence: Evidence, references: tuple[str, ...], metric: str) -> tuple[Violins, ...]:
    """Return for each kind of k-means how concordance is spread over images, after three rounds."""
    seen = evidence.observations
    wanted = [f"concordance/{name}" for name in references]
    spread = quantiles(
        seen[
            seen["condition"].isin(wanted)
            & seen["metric"].isin([metric, *(f"{metric}_{null}" for null in _NULLS)])
            & seen["model"].isin(evidence.scope.models)
            & (seen["severity"] == ROUNDS)
        ]
    )
    found = (_violins(evidence, spread[spread["condition"] == c], c, metric) for c in wanted)
    return tuple(each for each in found if each.spreads)


def _violins(evidence: Evidence, rows: pd.DataFrame, condition: str, metric: str) -> Violins:
    return Violins(
        name=evidence.named(condition, metric, "spread"),
        condition=condition,
        metric=metric,
        severity=ROUNDS,
        spreads=tuple(_spreads(evidence, rows, metric)),
        n_seeds=span(rows["n_seeds"]),
        n_units=span(rows["n_units"]),
    )


def _spreads(evidence: Evidence, rows: pd.DataFrame, metric: str) -> Iterator[Spread]:
    for model in evidence.models:
        held = rows[rows["model"] == model]
        if len(held):
            yield Spread(
                model=model,
                values=_values(held, metric),
                shuffled=_values(held, f"{metric}_shuffled"),
                nulls=tuple(
                    (null, _middle(_values(held, f"{metric}_{null}"))) for null in _NULLS[1:]
                ),
            )


def _values(rows: pd.DataFrame, metric: str) -> tuple[float, ...]:
    return tuple(map(float, rows.loc[rows["metric"] == metric, "value"]))


def _middle(values: tuple[float, ...]) -> Cell:
    """Return the median, and the ends between which the middle 90 % lie."""
    lower, median, upper = (float(each) for each in np.quantile(values, _MIDDLE))
    return Cell(estimate=median, lower=lower, upper=upper)
