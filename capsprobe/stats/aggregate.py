"""Observations of one probe into estimates with intervals, one row an estimate."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from capsprobe.stats.blocks import blocks
from capsprobe.stats.bootstrap import Estimates, resample
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
_KINDS = {
    **dict.fromkeys(
        ("model", "model_a", "model_b", "dataset", "condition", "metric", "interval"), "str"
    ),
    **dict.fromkeys(("baseline", "left_out"), "str"),
    **dict.fromkeys(("n_seeds", "n_units", "n_severities", "n_kinds"), "int64"),
    **dict.fromkeys(("severity", "estimate", "lower", "upper", "chance"), "float64"),
}


def aggregate(observations: pd.DataFrame) -> pd.DataFrame:
    """Return the estimates of one probe with 95 % intervals, AGGREGATE_COLUMNS, sorted.

    The estimate is the mean over training seeds of each one's mean over units. `interval` says
    how the ends came about: "wilson" for a metric of zeros and ones with one training seed,
    "bootstrap" (training seeds, then units) otherwise. Where every single value of such a metric
    is the same, resampling cannot vary and would claim certainty: "wilson" over the distinct
    units stands there too. `n_units` counts distinct units.
    """
    binary = binary_metrics(observations)
    tables = [with_wilson(resample(block), binary) for block in blocks(observations)]
    return in_order(tables, AGGREGATE_COLUMNS)


def binary_metrics(observations: pd.DataFrame) -> frozenset[str]:
    """Return the metrics all of whose values are 0 or 1."""
    binary = observations["value"].isin((0.0, 1.0))
    held = binary.groupby(observations["metric"], observed=True).all()
    return frozenset(str(name) for name in held.index[held])


def with_wilson(found: Estimates, binary: frozenset[str]) -> pd.DataFrame:
    """Return estimates as `aggregate` gives them: Wilson's interval where it says more."""
    table = as_table(found)
    # The mean of zeros and ones is 0 or 1 only where all of them are the same.
    certain = (found.estimate == 0.0) | (found.estimate == 1.0)
    chosen = table["metric"].isin(binary) & ((found.n_seeds == 1) | certain)
    counts = table.loc[chosen, "n_units"].to_numpy()
    hits = np.round(table.loc[chosen, "estimate"].to_numpy() * counts)
    table.loc[chosen, "lower"], table.loc[chosen, "upper"] = wilson(hits, counts)
    table.loc[chosen, "interval"] = "wilson"
    return table


def as_table(found: Estimates) -> pd.DataFrame:
    """Return estimates with their percentile intervals, one row each.

    An interval is widened to hold its estimate where skewed draws of a few units miss it.
    """
    lower, upper = percentiles(found.draws)
    return found.keys.assign(
        estimate=found.estimate,
        lower=np.minimum(lower, found.estimate),
        upper=np.maximum(upper, found.estimate),
        n_seeds=found.n_seeds,
        n_units=found.present.sum(axis=0),
        interval=np.full(len(found.keys), "bootstrap", dtype=object),
    )


def in_order(tables: Iterable[pd.DataFrame], columns: Sequence[str]) -> pd.DataFrame:
    """Return tables below one another with these columns, sorted by all before the estimate."""
    kinds = {name: _KINDS[name] for name in columns}
    filled = [table[list(columns)] for table in tables if len(table)]
    if not filled:
        return pd.DataFrame(columns=list(columns)).astype(kinds)
    keys = list(columns[: columns.index("estimate")])
    table = pd.concat(filled, ignore_index=True).astype(kinds)
    return table.sort_values(keys, kind="stable", ignore_index=True)
