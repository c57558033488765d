"""Observations of one probe into estimates with intervals, one row an estimate."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from capsprobe.stats.blocks import Block, Group, blocks
from capsprobe.stats.bootstrap import Resampled, mean_of_seeds, resample
from capsprobe.stats.intervals import percentiles, wilson

AGGREGATE_COLUMNS = (
    "model",
    "dataset",
    "condition",
    "severity",
    "metric",
    "estimate",
    "lower",
    "upper",
    "n_seeds",
    "n_units",
    "interval",
)


def aggregate(observations: pd.DataFrame) -> pd.DataFrame:
    """Return the estimates of one probe with 95 % intervals, AGGREGATE_COLUMNS, sorted.

    The estimate is the mean over training seeds of each one's mean over units. `interval` says
    how the ends came about: "wilson" for a metric of zeros and ones with one training seed,
    "bootstrap" (training seeds, then units) otherwise. Where every single value of such a metric
    is the same, resampling cannot vary and would claim certainty: "wilson" over the distinct
    units stands there too. `n_units` counts distinct units.
    """
    binary = binary_metrics(observations)
    rows = []
    for block in blocks(observations):
        counted, rest = [], []
        for group in block.groups():
            (counted if _is_counted(block, group, binary) else rest).append(group)
        rows += [_counted_row(block, group) for group in counted]
        if rest:
            drawn = block.only(np.sort(np.concatenate([group.columns for group in rest])))
            rows += [row_of(drawn, group.key, found) for group, found in resample(drawn)]
    return in_order(rows, AGGREGATE_COLUMNS)


def binary_metrics(observations: pd.DataFrame) -> frozenset[str]:
    """Return the metrics all of whose values are 0 or 1."""
    binary = observations["value"].isin((0.0, 1.0))
    held = binary.groupby(observations["metric"], observed=True).all()
    return frozenset(str(name) for name in held.index[held])


def row_of(block: Block, key: Mapping[str, Any], found: Resampled) -> dict[str, Any]:
    """Return one row of a table: where, what, estimate, percentile interval, numbers of units."""
    lower, upper = percentiles(found.draws)
    return {
        "dataset": block.dataset,
        "condition": block.condition,
        **key,
        "estimate": found.estimate,
        "lower": lower,
        "upper": upper,
        "n_seeds": found.n_seeds,
        "n_units": int(found.units.sum()),
        "interval": "bootstrap",
    }


def in_order(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> pd.DataFrame:
    """Return rows as a table with these columns, sorted by all those before the estimate."""
    keys = list(columns[: columns.index("estimate")])
    table = pd.DataFrame(list(rows), columns=list(columns)).astype(
        {name: _KINDS[name] for name in columns}
    )
    return table.sort_values(keys, kind="stable", ignore_index=True)


_KINDS = {
    **dict.fromkeys(
        ("model", "model_a", "model_b", "dataset", "condition", "metric", "interval"), "str"
    ),
    **dict.fromkeys(("n_seeds", "n_units", "n_severities"), "int64"),
    **dict.fromkeys(("severity", "estimate", "lower", "upper", "chance"), "float64"),
}


def _is_counted(block: Block, group: Group, binary: frozenset[str]) -> bool:
    if group.key["metric"] not in binary:
        return False
    held = block.values[:, group.columns][block.present[:, group.columns]]
    return len(group.columns) == 1 or bool((held == held[0]).all())


def _counted_row(block: Block, group: Group) -> dict[str, Any]:
    estimate = mean_of_seeds(block, group)
    n_units = int(block.present[:, group.columns].any(axis=1).sum())
    lower, upper = wilson(round(estimate * n_units), n_units)
    return {
        "dataset": block.dataset,
        "condition": block.condition,
        **group.key,
        "estimate": estimate,
        "lower": float(lower),
        "upper": float(upper),
        "n_seeds": len(group.columns),
        "n_units": n_units,
        "interval": "wilson",
    }
