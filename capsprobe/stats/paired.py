"""Two models on the same images and training seeds: their differences.

Pairing takes out what both share (hard images, a lucky seed), so a difference is known better
than the two accuracies are.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from capsprobe.stats.aggregate import as_table, in_order
from capsprobe.stats.blocks import Block, blocks
from capsprobe.stats.bootstrap import resample
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
