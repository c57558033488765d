"""How often two ways of answering say the same, and how much of that is more than chance.

For a nominal metric (the class that is named) under conditions that differ in their last word:
what one network answers under one routing and under another, image by image.
"""

from collections.abc import Iterator, Set
from itertools import combinations

import numpy as np
import pandas as pd
from jaxtyping import Float

from capsprobe.faults import DataFault
from capsprobe.stats.aggregate import AGGREGATE_COLUMNS, in_order, with_wilson
from capsprobe.stats.bootstrap import Estimates, means_of_drawn_seeds, unit_counts

SAME, KAPPA = "same_prediction", "cohen_kappa"
# One model at one severity: what it answers, by training seed and condition.
ANSWERS = "units seeds conditions"
_PLACE = ["dataset", "part", "model", "severity", "metric", "unit"]


def agreements(observations: pd.DataFrame, nominal: Set[str]) -> pd.DataFrame:
    """Return for each two conditions of a part how alike their answers are, AGGREGATE_COLUMNS.

    Conditions `swap/a` and `swap/b` make `swap/a/b`, with the fraction of equal answers and
    Cohen's kappa, both means over training seeds; intervals are those of `aggregate`. Kappa is
    left out where it is not defined for every seed.
    """
    chosen = observations[observations["metric"].isin(nominal)]
    if chosen.empty:
        return in_order([], AGGREGATE_COLUMNS)
    parts = chosen["condition"].astype(str).str.partition("/")
    chosen = chosen.assign(part=parts[0], way=parts[2])
    tables = [
        _table(place, rows) for place, rows in chosen.groupby(_PLACE, sort=True, observed=True)
    ]
    return in_order(tables, AGGREGATE_COLUMNS)


def kappa(
    same: Float[np.ndarray, "*draws"], by_chance: Float[np.ndarray, "*draws"]
) -> Float[np.ndarray, "*draws"]:
    """Return (p_o - p_e) / (1 - p_e), Cohen (1960): 1 for equal answers, 0 by chance.

    NaN where both always name one and the same class: there is nothing to explain.
    """
    apart = 1.0 - by_chance
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(apart > 1e-12, (same - by_chance) / apart, np.nan)


def _table(place: tuple, rows: pd.DataFrame) -> pd.DataFrame:
    dataset, part, model, severity, *_ = place
    wide = rows.pivot(index="unit_id", columns=["training_seed", "way"], values="value")
    wide = wide.sort_index(axis=1)
    seeds, ways = (list(wide.columns.unique(level)) for level in (0, 1))
    if wide.shape[1] != len(seeds) * len(ways) or wide.isna().to_numpy().any():
        raise DataFault(f"expected every image to be answered in every way of {part}, got fewer")
    pairs = list(combinations(range(len(ways)), 2))
    if not pairs:
        return pd.DataFrame()
    answers = wide.to_numpy().reshape(len(wide), len(seeds), len(ways))
    keys = pd.DataFrame(
        {
            "dataset": dataset,
            "condition": [f"{part}/{ways[a]}/{ways[b]}" for a, b in pairs],
            "model": model,
            "severity": severity,
        }
    )
    return pd.concat(list(_estimated(answers, np.array(pairs), keys)), ignore_index=True)


def _estimated(
    answers: Float[np.ndarray, ANSWERS], pairs: np.ndarray, keys: pd.DataFrame
) -> Iterator[pd.DataFrame]:
    """Yield a table for each metric, the pairs in their order."""
    counts = unit_counts(len(answers)).astype(np.float64)
    drawn = _compared(answers, pairs, counts)
    found = _compared(answers, pairs, np.ones((1, len(answers))))
    for metric, draws, each in zip((SAME, KAPPA), drawn, found, strict=True):
        estimates = Estimates(
            keys=keys.assign(metric=metric),
            estimate=each[0].mean(axis=1),
            draws=means_of_drawn_seeds(draws),
            n_seeds=np.full(len(keys), answers.shape[1]),
            present=np.ones((len(answers), len(keys)), dtype=bool),
        )
        defined = np.flatnonzero(~np.isnan(estimates.estimate))
        if len(defined):
            yield with_wilson(estimates.only(defined), frozenset({SAME}))


def _compared(
    answers: Float[np.ndarray, ANSWERS],
    pairs: np.ndarray,
    counts: Float[np.ndarray, "draws units"],
) -> tuple[Float[np.ndarray, "draws pairs seeds"], Float[np.ndarray, "draws pairs seeds"]]:
    """Return the fraction of equal answers, and kappa, in each draw of units."""
    # Whole numbers are summed first, so that equal answers are 1 and not nearly so.
    total = counts.sum(axis=1)[:, None, None]
    one, other = answers[:, :, pairs[:, 0]], answers[:, :, pairs[:, 1]]
    same = np.einsum("tu,usp->tps", counts, one == other, optimize=True) / total
    by_chance = np.zeros_like(same)
    for name in np.unique(answers):
        often = np.einsum("tu,usc->tcs", counts, answers == name, optimize=True) / total
        by_chance += often[:, pairs[:, 0]] * often[:, pairs[:, 1]]
    return same, kappa(same, by_chance)
