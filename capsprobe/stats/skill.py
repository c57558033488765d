"""Skill: how much of what a model can do on clean images is left, chance taken out.

A / A_clean alone flatters a model that guesses: at chance it would keep a tenth of its accuracy.
"""

from collections.abc import Iterator
from math import comb
from typing import Any

import numpy as np
import pandas as pd

from capsprobe.stats.aggregate import in_order, row_of
from capsprobe.stats.blocks import Block, blocks
from capsprobe.stats.bootstrap import Resampled, resample

LEAST_CLEAN = 0.05
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
    rows = [row for block in blocks(observations) for row in _rows(block, classes)]
    return in_order(rows, SKILL_COLUMNS)


def _rows(block: Block, classes: int) -> Iterator[dict[str, Any]]:
    known = [chance(str(metric), classes) is not None for metric in block.keys["metric"]]
    if not any(known):
        return
    found = resample(block.only(np.flatnonzero(known)))
    clean = {_curve(group.key): it for group, it in found if group.key["severity"] == 0.0}
    for group, perturbed in found:
        level = chance(group.key["metric"], classes)
        reference = clean.get(_curve(group.key))
        if level is None or reference is None or reference.estimate - level < LEAST_CLEAN:
            continue
        yield {**row_of(block, group.key, _ratio(perturbed, reference, level)), "chance": level}


def _curve(key: dict[str, Any]) -> tuple[Any, Any]:
    return key["model"], key["metric"]


def _ratio(perturbed: Resampled, clean: Resampled, level: float) -> Resampled:
    above = clean.draws - level
    draws = (perturbed.draws - level) / np.where(above < LEAST_CLEAN, np.nan, above)
    return Resampled(
        estimate=(perturbed.estimate - level) / (clean.estimate - level),
        draws=draws,
        n_seeds=min(perturbed.n_seeds, clean.n_seeds),
        units=perturbed.units,
    )
