"""Who is deceived by images made against whom, as matrices."""

import numpy as np
import pandas as pd

from capsprobe.report import carries, wording
from capsprobe.report.exhibits import Exhibit, Matrix
from capsprobe.report.measures import span
from capsprobe.report.routing.evidence import Evidence
from capsprobe.tables import ITSELF

PROBE = "transfer"
_THREATS = ("linf", "l2")


def exhibits(evidence: Evidence) -> tuple[Exhibit, ...]:
    """Return the matrix of each norm's largest epsilon, and those of the others to unfold."""
    found = [figures for threat in _THREATS if (figures := matrices(evidence, threat))]
    if not found:
        return ()
    largest = tuple(figures[-1] for figures in found)
    others = tuple(figure for figures in found for figure in figures[:-1])
    return (Exhibit(key="transfer", figures=largest, folded=others),)


def matrices(evidence: Evidence, threat: str) -> tuple[Matrix, ...]:
    """Return a figure an epsilon: sources in rows, the networks that saw their images in columns.

    A network that was not shown is a source all the same.
    """
    held = evidence.estimates
    names = [str(name).partition("/") for name in held["condition"]]
    held = held.assign(threat=[name[0] for name in names], source=[name[2] for name in names])
    held = held[(held["threat"] == threat) & (held["severity"] > 0.0)]
    rows = held[held["model"].isin(evidence.scope.models)]
    return tuple(
        _matrix(evidence, threat, epsilon, rows[rows["severity"] == epsilon])
        for epsilon in sorted(map(float, rows["severity"].unique()))
    )


def _matrix(evidence: Evidence, threat: str, epsilon: float, rows: pd.DataFrame) -> Matrix:
    table = rows.pivot_table(index="source", columns="model", values="estimate", observed=True)
    models = [name for name in evidence.models if name in table.columns]
    sources = _in_order(list(table.index), models)
    numbers = table.loc[sources, models].to_numpy(dtype=np.float64)
    at = f"{wording.THREATS[threat]} {wording.severity(epsilon, threat, '')}"
    return Matrix(
        name=evidence.named(threat, f"{epsilon:g}"),
        heading=f"Accuracy (%), {at}: made against, shown to",
        metric="correct",
        model="",
        severity=epsilon,
        rows=tuple(carries.source(name) for name in sources),
        columns=tuple(models),
        values=tuple(tuple(None if np.isnan(x) else float(x) for x in row) for row in numbers),
        n_seeds=span(rows["n_seeds"]),
        n_units=span(rows["n_units"]),
    )


def _in_order(sources: list[str], models: list[str]) -> list[str]:
    """Return sources as the columns are, the network itself first, models not shown last."""
    first = [name for name in sources if name == ITSELF]
    known = [name for name in models if name in sources]
    return first + known + sorted(set(sources) - set(models) - set(first))
