"""Skill: how much of what a model can do on clean images is left, chance taken out.

A / A_clean alone flatters a model that guesses: at chance it would keep a tenth of its accuracy.
"""

from math import comb

import numpy as np
import pandas as pd
from jaxtyping import Float

from capsprobe.stats.aggregate import as_table, in_order
from capsprobe.stats.blocks import blocks
from capsprobe.stats.bootstrap import Estimates, resample

LEAST_CLEAN = 0.05
_CURVE = ["dataset", "condition", "model", "metric"]
SKILL_COLUMNS = (
    "model",
    "dataset",
    "condition",
    "severity",
    "metric",
    "chance",
    "estimate",
    "lower",
    "upper",
    "n_seeds",
    "n_units",
    "interval",
)


def chance(metric: str, classes: int) -> float | None:
    """Return what blind guessing scores, None for a metric that has no such value.

    One label of n: `correct` 1/n. Two different labels of n, two different guesses:
    `exact_match` 1/C(n, 2), `almost` (one right or both) 1 - C(n-2, 2)/C(n, 2), `recall` (the
    expected fraction of the two labels that is named) 2/n.
    """
    if classes < 2:
        raise ValueError(f"expected at least 2 classes, got {classes}")
    pairs = comb(classes, 2)
    return {
        "correct": 1.0 / classes,
        "exact_match": 1.0 / pairs,
        "almost": 1.0 - comb(classes - 2, 2) / pairs,
        "recall": 2.0 / classes,
    }.get(metric)


def skill(observations: pd.DataFrame, *, classes: int = 10) -> pd.DataFrame:
    """Return (A - chance) / (A_clean - chance) with 95 % intervals, SKILL_COLUMNS, sorted.

    A_clean is the model's accuracy at severity 0 of the same condition; numerator and
    denominator share their bootstrap draws. Left out: metrics without a chance, conditions
    without a clean severity, and models whose A_clean is less than 0.05 above chance, for which
    the ratio says nothing. Draws below that bound are dropped for the same reason.
    """
    tables = [skill_table(resample(block), classes) for block in blocks(observations)]
    return in_order(tables, SKILL_COLUMNS)


def skill_table(found: Estimates, classes: int) -> pd.DataFrame:
    """Return the skill of those estimates that have one."""
    level = _levels(found, classes)
    curves = found.keys.groupby(_CURVE, sort=False, observed=True)
    is_clean = found.keys["severity"] == 0.0
    clean = found.keys.index.to_series().where(is_clean).groupby(curves.ngroup()).transform("max")
    rows = np.flatnonzero(~np.isnan(level) & clean.notna())
    reference = clean.iloc[rows].to_numpy(dtype=np.int64)
    rows = rows[found.estimate[reference] - level[rows] >= LEAST_CLEAN]
    reference = clean.iloc[rows].to_numpy(dtype=np.int64)
    ratio = _ratio(found.only(rows), found.only(reference), level[rows])
    return as_table(ratio) if len(rows) else pd.DataFrame()


def _levels(found: Estimates, classes: int) -> Float[np.ndarray, " estimates"]:
    """Return each estimate's chance, NaN where its metric has none."""
    levels = [chance(str(metric), classes) for metric in found.keys["metric"]]
    return np.array([np.nan if level is None else level for level in levels])


def _ratio(
    perturbed: Estimates, clean: Estimates, level: Float[np.ndarray, " estimates"]
) -> Estimates:
    above = clean.draws - level
    draws = (perturbed.draws - level) / np.where(above < LEAST_CLEAN, np.nan, above)
    return Estimates(
        keys=perturbed.keys.assign(chance=level),
        estimate=(perturbed.estimate - level) / (clean.estimate - level),
        draws=draws,
        n_seeds=np.minimum(perturbed.n_seeds, clean.n_seeds),
        present=perturbed.present,
    )
