"""Medians of what is known only where it is small: an image that nothing broke lies farther away.

A mean over the images that broke would fall when the attack gets weaker. The median is that of
all images that are right when clean, the unbroken ones at infinity, so it is known as soon as
more than half of them broke.
"""

from collections.abc import Iterator, Set

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Integer

from capsprobe.stats.aggregate import AGGREGATE_COLUMNS, aggregate, in_order
from capsprobe.stats.bootstrap import DRAWS, means_of_drawn_seeds, unit_counts
from capsprobe.stats.intervals import LEVEL
from capsprobe.tables import COLUMNS

FOUND, WITHIN = "_found", "_within"
_THRESHOLDS = 25
_PLACE = ["model", "dataset", "condition"]
_ASKED = ["dataset", "condition", "metric", "severity"]
_KINDS = {**dict.fromkeys(("dataset", "condition", "metric"), "str"), "severity": "float64"}


def censored(
    observations: pd.DataFrame, metrics: Set[str], sought: Set[str] = frozenset()
) -> pd.DataFrame:
    """Return medians of these metrics with 95 % intervals, and the fraction of units with a value.

    As `aggregate` gives estimates; the fraction of `distance` is called `distance_found`. Both are
    over the units that are right when clean: `correct` at severity 0 is 1. The estimate is the
    mean over training seeds of each one's median, the interval that of the seed-then-unit
    bootstrap; an end is infinite where too many units of the draws have no value. A median that
    is not known has no row. Under conditions that `sought` names the fraction is 0 where no unit
    of any model has a value; elsewhere nothing was asked.
    """
    chosen = observations[observations["metric"].isin(metrics)]
    filled = _filled(observations, chosen, _places(observations, chosen, metrics, sought))
    if filled.empty:
        return in_order([], AGGREGATE_COLUMNS)
    found = filled.assign(
        value=np.isfinite(filled["value"]).astype(float),
        metric=filled["metric"].astype(str) + FOUND,
    )
    medians = pd.DataFrame(list(_medians(filled)), columns=list(AGGREGATE_COLUMNS))
    return in_order([medians, aggregate(found[list(COLUMNS)])], AGGREGATE_COLUMNS)


def reached(observations: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Return the fraction of units whose value is no more than each of 25 even thresholds.

    As `aggregate` gives estimates, over the units that are right when clean; `distance` becomes
    `distance_within`, and the threshold stands in the column of the severity. The thresholds of a
    condition end at its largest value.
    """
    chosen = observations[observations["metric"] == metric]
    tables = [
        filled.assign(
            severity=threshold,
            value=(filled["value"] <= threshold).astype(float),
            metric=f"{metric}{WITHIN}",
        )
        for _, rows in chosen.groupby(["dataset", "condition"], sort=True, observed=True)
        for filled in (_filled(observations, rows, rows[_ASKED].drop_duplicates()),)
        for threshold in np.linspace(0.0, rows["value"].max(), _THRESHOLDS)
    ]
    return aggregate(pd.concat(tables)) if tables else in_order([], AGGREGATE_COLUMNS)


def weighted_medians(
    values: Float[np.ndarray, " units"], counts: Integer[np.ndarray, "draws units"]
) -> Float[np.ndarray, " draws"]:
    """Return the median of values that occur so often in each draw, NaN where none does."""
    order = np.argsort(values, kind="stable")
    held = np.cumsum(counts[:, order], axis=1, dtype=np.int64)
    total = held[:, -1:]
    # The two in the middle; the same one twice where the number is odd.
    low = np.argmax(2 * held >= total, axis=1)
    high = np.argmax(2 * held > total, axis=1)
    middle = (values[order][low] + values[order][high]) / 2.0
    return np.where(total[:, 0] > 0, middle, np.nan)


def _places(
    observations: pd.DataFrame, chosen: pd.DataFrame, metrics: Set[str], sought: Set[str]
) -> pd.DataFrame:
    """Return where a value was asked for: where there is one, and at severity 0 if sought."""
    measured = observations.loc[observations["condition"].isin(sought), ["dataset", "condition"]]
    asked = [
        measured.drop_duplicates().assign(metric=metric, severity=0.0) for metric in sorted(metrics)
    ]
    tables = [table.astype(_KINDS) for table in (chosen[_ASKED], *asked) if len(table)]
    return pd.concat(tables).drop_duplicates() if tables else chosen[_ASKED]


def _filled(observations: pd.DataFrame, chosen: pd.DataFrame, named: pd.DataFrame) -> pd.DataFrame:
    """Return a row for every unit that is right when clean; infinite where there is no value.

    Also of a model of which no unit has a value, where that is asked for: `named` has the places.
    """
    keys = [name for name in COLUMNS if name not in ("metric", "value", "severity")]
    clean = observations[(observations["metric"] == "correct") & (observations["severity"] == 0.0)]
    right = clean.loc[clean["value"] == 1.0, keys]
    wanted = right.merge(named, on=["dataset", "condition"])
    filled = wanted.merge(chosen, on=[*keys, "metric", "severity"], how="left")
    return filled.assign(value=filled["value"].fillna(np.inf))[list(COLUMNS)]


def _medians(filled: pd.DataFrame) -> Iterator[dict[str, object]]:
    grouped = filled.groupby([*_PLACE, "severity", "metric"], sort=True, observed=True)
    for place, rows in grouped:
        units, unit = np.unique(rows["unit_id"].to_numpy(), return_inverse=True)
        seeds, seed = np.unique(rows["training_seed"].to_numpy(), return_inverse=True)
        values = np.full((len(seeds), len(units)), np.nan)
        values[seed, unit] = rows["value"].to_numpy()
        estimate = float(np.mean([np.median(each[~np.isnan(each)]) for each in values]))
        if not np.isfinite(estimate):
            continue
        lower, upper = _interval(values)
        yield {
            **dict(zip([*_PLACE, "severity", "metric"], place, strict=True)),
            "estimate": estimate,
            "lower": min(lower, estimate),
            "upper": max(upper, estimate),
            "n_seeds": len(seeds),
            "n_units": len(units),
            "interval": "bootstrap",
        }


def _interval(values: Float[np.ndarray, "seeds units"]) -> tuple[float, float]:
    """Return both ends of the middle 95 % of resampled means of medians."""
    counts = unit_counts(values.shape[1])
    draws = np.empty((DRAWS, 1, len(values)))
    for place, each in enumerate(values):
        known: Bool[np.ndarray, " units"] = ~np.isnan(each)
        draws[:, 0, place] = weighted_medians(each[known], counts[:, known])
    endless = np.isinf(draws)
    means = means_of_drawn_seeds(np.where(endless, 0.0, draws))[:, 0]
    means[means_of_drawn_seeds(endless.astype(float))[:, 0] > 0.0] = np.inf
    known_means = means[~np.isnan(means)]
    tails = [(1.0 - LEVEL) / 2.0, (1.0 + LEVEL) / 2.0]
    # Between a number and infinity there is nothing to interpolate.
    lower, upper = np.quantile(known_means, tails, method="inverted_cdf")
    return float(lower), float(upper)
