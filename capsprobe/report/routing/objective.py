"""What k-means lowers, followed through routing and through k-means itself."""

from collections.abc import Iterator

import pandas as pd

from capsprobe.report.curves import curve
from capsprobe.report.exhibits import Course
from capsprobe.report.grids import single_grid
from capsprobe.report.lexicon import LOWERED
from capsprobe.report.measures import span
from capsprobe.report.panels import Grid
from capsprobe.report.routing.evidence import Evidence
from capsprobe.stats.falling import falling

_BESIDE = {
    "inertia": ("lloyd/first-means", "lloyd/plusplus"),
    "spherical_inertia": ("lloyd/spherical-first-means", "lloyd/spherical-plusplus"),
}


def courses(evidence: Evidence, metric: str) -> tuple[Course, ...]:
    """Return for each model the inertia of its routing beside that of k-means on its way."""
    return tuple(_courses(evidence, metric))


def falls(evidence: Evidence) -> Grid:
    """Return for each model the fraction of images for which a number never rises."""
    seen = evidence.observations
    chosen = seen[(seen["condition"] == "rounds") & seen["metric"].isin(LOWERED)]
    return single_grid(falling(chosen), evidence.scope)


def _courses(evidence: Evidence, metric: str) -> Iterator[Course]:
    own = evidence.rows("rounds", metric)
    for model in evidence.models:
        rows = own[own["model"] == model]
        if len(rows):
            yield Course(
                name=evidence.named(metric, model),
                metric=metric,
                own=curve(model, rows),
                beside=tuple(
                    (name.partition("/")[2].removeprefix("spherical-"), curve(model, other))
                    for name in _BESIDE[metric]
                    if len(other := _of(evidence.rows(name, metric), model))
                ),
                n_seeds=span(rows["n_seeds"]),
                n_units=span(rows["n_units"]),
            )


def _of(rows: pd.DataFrame, model: str) -> pd.DataFrame:
    return rows[rows["model"] == model]
