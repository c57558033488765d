"""A whole curve in one number: the mean over a condition's severities other than zero.

Headlines need one number an axis; the mean of absolute accuracy needs no clean accuracy to
divide by, so a model cannot win it by being bad on clean images.
"""

import numpy as np
import pandas as pd

from capsprobe.stats.aggregate import as_table, in_order
from capsprobe.stats.blocks import blocks
from capsprobe.stats.bootstrap import Estimates, resample

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
    tables = [mean_table(resample(block)) for block in blocks(observations)]
    return in_order(tables, MEAN_COLUMNS)


def mean_table(found: Estimates) -> pd.DataFrame:
    """Return the mean of the estimates that differ in nothing but a severity other than zero."""
    means = averaged(found)
    return as_table(means) if len(means.keys) else pd.DataFrame()


def averaged(found: Estimates) -> Estimates:
    """Return the same with its draws."""
    perturbed = found.only(np.flatnonzero(found.keys["severity"] != 0.0))
    keys = perturbed.keys.drop(columns="severity")
    grouped = keys.groupby(list(keys.columns), observed=True)
    curves = [np.asarray(rows) for rows in grouped.indices.values()]
    return _means(perturbed, keys, curves) if curves else perturbed


def _means(found: Estimates, keys: pd.DataFrame, curves: list[np.ndarray]) -> Estimates:
    """Return the mean over each curve's estimates, draw by draw."""
    firsts = keys.iloc[[curve[0] for curve in curves]].reset_index(drop=True)
    return Estimates(
        keys=firsts.assign(n_severities=[len(curve) for curve in curves]),
        estimate=np.array([found.estimate[curve].mean() for curve in curves]),
        draws=np.stack([found.draws.T[curve].mean(axis=0) for curve in curves]).T,
        n_seeds=np.array([found.n_seeds[curve].min() for curve in curves]),
        present=np.stack([found.present[:, curve].any(axis=1) for curve in curves], axis=1),
    )
