"""A whole curve in one number: the mean over a condition's severities other than zero.

Headlines need one number an axis; the mean of absolute accuracy needs no clean accuracy to
divide by, so a model cannot win it by being bad on clean images.
"""

from collections import defaultdict
from typing import Any

import numpy as np
import pandas as pd

from capsprobe.stats.aggregate import in_order, row_of
from capsprobe.stats.blocks import Block, blocks
from capsprobe.stats.bootstrap import Resampled, resample

MEAN_COLUMNS = (
    "model",
    "dataset",
    "condition",
    "metric",
    "n_severities",
    "estimate",
    "lower",
    "upper",
    "n_seeds",
    "n_units",
    "interval",
)


def mean_over_severities(observations: pd.DataFrame) -> pd.DataFrame:
    """Return each model's metrics averaged over the severities other than zero, MEAN_COLUMNS.

    Every severity counts alike, however many images it left out. The draws are those of
    `aggregate`, the same images for all severities, so the interval knows that a curve's points
    move together. There is no severity column: `n_severities` says how many were averaged.
    """
    rows = [row for block in blocks(observations) for row in mean_rows(block)]
    return in_order(rows, MEAN_COLUMNS)


def mean_rows(block: Block) -> list[dict[str, Any]]:
    """Return one row for each group of the block that differs in more than its severity."""
    perturbed = np.flatnonzero(block.keys["severity"] != 0.0)
    if not len(perturbed):
        return []
    curves: dict[tuple[tuple[str, Any], ...], list[Resampled]] = defaultdict(list)
    for group, found in resample(block.only(perturbed)):
        curves[tuple((k, v) for k, v in group.key.items() if k != "severity")].append(found)
    return [
        {**row_of(block, dict(key), _mean(curve)), "n_severities": len(curve)}
        for key, curve in curves.items()
    ]


def _mean(curve: list[Resampled]) -> Resampled:
    """Return the mean of resampled estimates, draw by draw."""
    return Resampled(
        estimate=float(np.mean([found.estimate for found in curve])),
        draws=np.mean([found.draws for found in curve], axis=0),
        n_seeds=min(found.n_seeds for found in curve),
        units=np.any([found.units for found in curve], axis=0),
    )
