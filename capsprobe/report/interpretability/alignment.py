"""Who is alike with whom: matched dimensions of two trainings, as matrices."""

import numpy as np
import pandas as pd

from capsprobe.report.exhibits import Matrix
from capsprobe.report.measures import span
from capsprobe.report.routing.evidence import Evidence
from capsprobe.tables import ITSELF

_HEADINGS = {
    "matched_correlation": "Matched dimensions, |correlation|",
    "matched_correlation_null": "Matched with exchanged images",
    "numbered_correlation": "Dimensions by number",
}


def matrices(evidence: Evidence) -> tuple[Matrix, ...]:
    """Return a figure for each way of matching; beside itself a network says nothing."""
    held = evidence.estimates
    held = held[held["model"].isin(evidence.scope.models)]
    held = held.assign(other=[str(name).partition("/")[2] for name in held["condition"]])
    held = held[(held["other"] != ITSELF) & held["other"].isin(evidence.scope.models)]
    found = (
        _matrix(evidence, metric, heading, held[held["metric"] == metric])
        for metric, heading in _HEADINGS.items()
    )
    return tuple(each for each in found if each.values)


def _matrix(evidence: Evidence, metric: str, heading: str, rows: pd.DataFrame) -> Matrix:
    table = rows.pivot_table(index="model", columns="other", values="estimate", observed=True)
    models = [name for name in evidence.models if name in table.index]
    others = [name for name in evidence.scope.models if name in table.columns]
    numbers = table.loc[models, others].to_numpy(dtype=np.float64)
    return Matrix(
        name=evidence.named(metric),
        heading=heading,
        metric=metric,
        model="",
        severity=0.0,
        rows=tuple(models),
        columns=tuple(others),
        values=tuple(tuple(None if np.isnan(x) else float(x) for x in row) for row in numbers),
        n_seeds=span(rows["n_seeds"]),
        n_units=span(rows["n_units"]),
    )
