"""Networks under routings that are not their own: accuracy, and how alike their answers are."""

from collections.abc import Sequence

import pandas as pd

from capsprobe.report.exhibits import Matrix
from capsprobe.report.grids import single_grid
from capsprobe.report.measures import span
from capsprobe.report.panels import Grid
from capsprobe.report.routing.evidence import ROUNDS, Evidence

SAME, KAPPA = "same_prediction", "cohen_kappa"
_HEAD = "swap/"
_ARTICLES = ("dynamic", "article", "uniform")
_TRAINED = ("capsnet", "capsnet-article", "capsnet-uniform")


def accuracy_matrix(evidence: Evidence, severity: float) -> tuple[Matrix, ...]:
    """Return accuracy by model and routing, if any was swapped, after so many iterations."""
    rows = _swapped(evidence, severity)
    routings = sorted({name.removeprefix(_HEAD) for name in rows["condition"]})
    models = [name for name in evidence.models if name in set(rows["model"])]
    values = {
        (str(row["model"]), str(row["condition"]).removeprefix(_HEAD)): float(row["estimate"])
        for row in rows.to_dict("records")
    }
    if rows.empty:
        return ()
    matrix = Matrix(
        name=evidence.named("swap", "correct", f"{severity:g}"),
        metric="correct",
        model="",
        severity=severity,
        rows=tuple(models),
        columns=tuple(routings),
        values=tuple(tuple(values.get((m, r)) for r in routings) for m in models),
        n_seeds=span(rows["n_seeds"]),
        n_units=span(rows["n_units"]),
    )
    return (matrix,)


def likeness_matrices(evidence: Evidence, model: str) -> tuple[Matrix, ...]:
    """Return one model's equal answers and Cohen's kappa for every two routings."""
    found = (_likeness(evidence, model, metric) for metric in (SAME, KAPPA))
    return tuple(each for each in found if each.rows)


def article_grid(evidence: Evidence) -> Grid:
    """Return Sabour's, the article's and no routing, trained with and swapped in."""
    rows = _swapped(evidence, ROUNDS)
    chosen = rows["condition"].isin([f"{_HEAD}{name}" for name in _ARTICLES])
    return single_grid(rows[chosen & rows["model"].isin(_TRAINED)], evidence.scope)


def _swapped(evidence: Evidence, severity: float) -> pd.DataFrame:
    held = evidence.estimates
    return held[
        held["condition"].str.startswith(_HEAD)
        & (held["condition"].str.count("/") == 1)
        & (held["metric"] == "correct")
        & (held["severity"] == severity)
        & held["model"].isin(evidence.scope.models)
    ]


def _likeness(evidence: Evidence, model: str, metric: str) -> Matrix:
    held = evidence.estimates
    rows = held[
        held["condition"].str.startswith(_HEAD)
        & (held["metric"] == metric)
        & (held["severity"] == ROUNDS)
        & (held["model"] == model)
    ]
    pairs = {
        _pair_of(str(row["condition"])): float(row["estimate"]) for row in rows.to_dict("records")
    }
    routings = sorted({name for pair in pairs for name in pair})
    return Matrix(
        name=evidence.named("swap", metric, model),
        metric=metric,
        model=model,
        severity=ROUNDS,
        rows=tuple(routings[1:]),
        columns=tuple(routings[:-1]),
        values=_lower_triangle(pairs, routings),
        n_seeds=span(rows["n_seeds"]),
        n_units=span(rows["n_units"]),
    )


def _pair_of(condition: str) -> tuple[str, str]:
    _, one, other = condition.split("/")
    return one, other


def _lower_triangle(
    pairs: dict[tuple[str, str], float], names: Sequence[str]
) -> tuple[tuple[float | None, ...], ...]:
    """Return each pair once: the later in the alphabet in the rows, the last in no column."""
    return tuple(
        tuple(pairs.get((column, row)) if column < row else None for column in names[:-1])
        for row in names[1:]
    )
