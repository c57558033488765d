"""Two models on the same images and training seeds: differences, and tests of them.

Pairing takes out what both share (hard images, a lucky seed), so a difference is known better
than the two accuracies are.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from jaxtyping import Float
from scipy.stats import t as student
from statsmodels.stats.contingency_tables import mcnemar as mcnemar_test

from capsprobe.stats.aggregate import as_table, in_order
from capsprobe.stats.blocks import Block, blocks
from capsprobe.stats.bootstrap import resample
from capsprobe.stats.intervals import LEVEL
from capsprobe.stats.means import mean_table

DIFFERENCE_COLUMNS = (
    "model_a",
    "model_b",
    "dataset",
    "condition",
    "severity",
    "metric",
    "estimate",
    "lower",
    "upper",
    "n_seeds",
    "n_units",
)
MEAN_DIFFERENCE_COLUMNS = (
    "model_a",
    "model_b",
    "dataset",
    "condition",
    "metric",
    "n_severities",
    "estimate",
    "lower",
    "upper",
    "n_seeds",
    "n_units",
)
_SHARED = ["severity", "metric", "training_seed"]
_AT_ONCE = 16
Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True, kw_only=True)
class McNemar:
    """How often only one of two was right, and how likely so uneven a split is by chance."""

    only_a: int
    only_b: int
    p_value: float


@dataclass(frozen=True, kw_only=True)
class MeanTest:
    """A mean with its interval, and the two-sided p-value for its being zero."""

    estimate: float
    lower: float
    upper: float
    p_value: float


def differences(observations: pd.DataFrame, pairs: Pairs) -> pd.DataFrame:
    """Return a - b for each pair of models (a, b), DIFFERENCE_COLUMNS, sorted.

    Paired by training seed and unit: only what both models have counts, and both see the same
    bootstrap draws. A pair without a shared seed and unit somewhere has no row there.
    """
    tables = [
        as_table(resample(shared))
        for block in blocks(observations)
        for shared in shared_blocks(block, pairs)
    ]
    return in_order(tables, DIFFERENCE_COLUMNS)


def mean_differences(observations: pd.DataFrame, pairs: Pairs) -> pd.DataFrame:
    """Return a - b averaged over the severities other than zero, MEAN_DIFFERENCE_COLUMNS.

    As `mean_over_severities`, paired as in `differences`.
    """
    tables = [
        mean_table(resample(shared))
        for block in blocks(observations)
        for shared in shared_blocks(block, pairs)
    ]
    return in_order(tables, MEAN_DIFFERENCE_COLUMNS)


def shared_blocks(block: Block, pairs: Pairs) -> Iterator[Block]:
    """Yield blocks of differences, a few pairs at once: one product each, yet little memory."""
    for start in range(0, len(pairs), _AT_ONCE):
        shared = _shared(block, pairs[start : start + _AT_ONCE])
        if len(shared.keys):
            yield shared


def every_pair(models: Iterable[str]) -> list[tuple[str, str]]:
    """Return each two of the models once, both in alphabetical order."""
    return list(combinations(sorted(set(models)), 2))


def mcnemar(
    correct_a: Float[np.ndarray, " units"], correct_b: Float[np.ndarray, " units"]
) -> McNemar:
    """Return McNemar's exact test of two checkpoints on the same images.

    Under "equally good" the images that only one got right are coin tosses: p is that of a
    two-sided binomial test. It speaks about these two checkpoints, not about architectures.
    """
    a, b = correct_a != 0.0, correct_b != 0.0
    only_a, only_b = int((a & ~b).sum()), int((b & ~a).sum())
    table = [[int((a & b).sum()), only_a], [only_b, int((~a & ~b).sum())]]
    p_value = mcnemar_test(table, exact=True).pvalue
    return McNemar(only_a=only_a, only_b=only_b, p_value=min(1.0, float(p_value)))


def seed_paired_t(by_seed: Float[np.ndarray, " seeds"], level: float = LEVEL) -> MeanTest:
    """Return the mean of one difference a seed, with Student's interval and p-value.

    mean -+ t(n - 1) s / sqrt(n): the training seed is the unit of replication. One seed alone
    says nothing about the others: its interval is infinite and p is 1. Where all seeds give the
    same there is no spread to judge by: the interval is a point, and p 0 unless that is zero.
    """
    estimate = float(by_seed.mean())
    if len(by_seed) < 2:
        return MeanTest(estimate=estimate, lower=-np.inf, upper=np.inf, p_value=1.0)
    error = float(by_seed.std(ddof=1)) / len(by_seed) ** 0.5
    if np.ptp(by_seed) == 0.0:
        return MeanTest(
            estimate=estimate, lower=estimate, upper=estimate, p_value=float(estimate == 0.0)
        )
    half = float(student.ppf((1.0 + level) / 2.0, len(by_seed) - 1)) * error
    p_value = 2.0 * float(student.sf(abs(estimate) / error, len(by_seed) - 1))
    return MeanTest(
        estimate=estimate, lower=estimate - half, upper=estimate + half, p_value=p_value
    )


def _shared(block: Block, pairs: Pairs) -> Block:
    """Return a - b where both are present; columns that then hold nothing are dropped."""
    a, b, lengths = _matched(block.keys, pairs)
    keys = block.keys[_SHARED].iloc[a].reset_index(drop=True)
    keys.insert(0, "model_a", np.repeat([pair[0] for pair in pairs], lengths))
    keys.insert(1, "model_b", np.repeat([pair[1] for pair in pairs], lengths))
    present = block.present[:, a] & block.present[:, b]
    shared = Block(
        dataset=block.dataset,
        condition=block.condition,
        keys=keys,
        values=np.where(present, block.values[:, a] - block.values[:, b], 0.0),
        present=present,
    )
    return shared.only(np.flatnonzero(present.any(axis=0)))


def _matched(keys: pd.DataFrame, pairs: Pairs) -> tuple[np.ndarray, np.ndarray, list[int]]:
    """Return the columns of a, those of b that belong to them, and how many each pair has."""
    number = keys.groupby(_SHARED, sort=True, observed=True).ngroup().to_numpy()
    nowhere = np.full(len(keys), -1)
    place = {}
    for model, columns in keys.groupby("model", observed=True).indices.items():
        place[model] = nowhere.copy()
        place[model][number[columns]] = columns
    sides = [np.stack([place.get(model, nowhere) for model in pair]) for pair in pairs]
    both = [side[:, (side >= 0).all(axis=0)] for side in sides]
    a, b = np.concatenate(both, axis=1)
    return a, b, [side.shape[1] for side in both]
