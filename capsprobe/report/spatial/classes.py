"""Accuracy class by class, models in rows."""

import numpy as np

from capsprobe.report.exhibits import Matrix
from capsprobe.report.measures import span
from capsprobe.report.routing.evidence import Evidence
from capsprobe.report.shifts import NATURAL

_METRIC = "correct_"
# Of fewer images a fraction says little.
_FEWEST = 10


def matrices(evidence: Evidence, condition: str, *, severity: float) -> tuple[Matrix, ...]:
    """Return the figure of one condition, nothing where no class has enough images."""
    held = evidence.estimates
    rows = held[
        (held["condition"] == condition)
        & (held["severity"] == severity)
        & held["metric"].str.startswith(_METRIC)
        & held["model"].isin(evidence.scope.models)
        & (held["n_units"] >= _FEWEST)
    ]
    if rows.empty:
        return ()
    table = rows.pivot_table(index="model", columns="metric", values="estimate", observed=True)
    models = [name for name in evidence.models if name in table.index]
    metrics = sorted(table.columns, key=lambda name: int(name.removeprefix(_METRIC)))
    numbers = table.loc[models, metrics].to_numpy(dtype=np.float64)
    figure = Matrix(
        name=evidence.named(condition.replace("/", "-"), f"classes-{severity:g}"),
        metric="correct",
        model="",
        condition=condition if severity else NATURAL,
        severity=severity,
        rows=tuple(models),
        columns=tuple(str(name).removeprefix(_METRIC) for name in metrics),
        values=tuple(tuple(None if np.isnan(x) else float(x) for x in row) for row in numbers),
        n_seeds=span(rows["n_seeds"]),
        n_units=span(rows["n_units"]),
    )
    return (figure,)
