"""The seed-then-image bootstrap, by weights.

The design is crossed: every training seed is examined on the same test images. So one draw
resamples the seeds (with replacement, as many as there are) and, once for all of them, the
images; the estimate of a draw is the mean over the drawn seeds of their means over the drawn
images. Images resampled anew for each seed would hide that a hard image is hard for all.

A draw is kept as counts, how often each image occurs, so that all means of all draws are one
product of matrices. The counts depend on the number of images alone: two models on the same
images, and two severities of one condition, see the same draws, which makes differences and
ratios between them paired. An image that was left out has no weight in that column.

With few seeds (three) the spread between seeds comes out too small, by a factor (n - 1) / n in
its variance: the percentile bootstrap does not know about degrees of freedom.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int64, UInt8

from capsprobe.seeds import generator
from capsprobe.stats.blocks import Block

DRAWS = 2000
SEED = 0
_AT_ONCE = 250
# Estimates that are held before tables are made of them: with their draws some 32 MB.
_TOGETHER = 2000


@dataclass(frozen=True, kw_only=True)
class Estimates:
    """Estimates with their draws (NaN where a draw held no unit) and what they rest on.

    `keys` has a row for each: dataset, condition, and the block's keys but the training seed.
    """

    keys: pd.DataFrame
    estimate: Float[np.ndarray, " estimates"]
    draws: Float[np.ndarray, "draws estimates"]
    n_seeds: Int64[np.ndarray, " estimates"]
    present: Bool[np.ndarray, "units estimates"]

    def only(self, rows: np.ndarray) -> "Estimates":
        """Return these estimates alone."""
        return Estimates(
            keys=self.keys.iloc[rows].reset_index(drop=True),
            estimate=self.estimate[rows],
            draws=self.draws.T[rows].T,
            n_seeds=self.n_seeds[rows],
            present=self.present[:, rows],
        )


def together(found: Iterable[Estimates]) -> Iterator[Estimates]:
    """Yield the estimates of several conditions in one, as far as memory is no matter.

    A table of many estimates takes hardly longer to make than one of a few.
    """
    held: list[Estimates] = []
    for each in found:
        held.append(each)
        if sum(len(other.keys) for other in held) >= _TOGETHER:
            yield _joined(held)
            held = []
    if held:
        yield _joined(held)


def resample(block: Block) -> Estimates:
    """Return the block's estimates: columns that differ in the training seed alone are one.

    The estimate is the mean over training seeds of each one's mean over its units.
    """
    names = list(block.keys.columns[:-1])
    starts = _firsts(block.keys[names])
    sizes = np.diff(starts, append=len(block.keys))
    keys = block.keys[names].iloc[starts].reset_index(drop=True)
    # Objects, for columns of texts are slow to make, and these are many and short.
    keys.insert(0, "dataset", np.full(len(keys), block.dataset, dtype=object))
    keys.insert(1, "condition", np.full(len(keys), block.condition, dtype=object))
    means = block.values.sum(axis=0) / block.present.sum(axis=0)
    exact = _exact(block.values)
    draws = np.empty((len(keys), DRAWS)).T
    for size, rows in _alike(sizes):
        columns = (starts[rows][:, None] + range(size)).ravel()
        by_seed = resampled_means(exact[:, columns], block.present[:, columns])
        draws[:, rows] = means_of_drawn_seeds(by_seed.reshape(DRAWS, len(rows), size))
    return Estimates(
        keys=keys,
        estimate=np.add.reduceat(means, starts) / sizes,
        draws=draws,
        n_seeds=sizes.astype(np.int64),
        present=np.logical_or.reduceat(block.present, starts, axis=1),
    )


def resampled_means(
    values: Float[np.ndarray, "units columns"], present: Bool[np.ndarray, "units columns"]
) -> Float[np.ndarray, "draws columns"]:
    """Return each column's mean over the drawn units that are present; NaN where none is."""
    counts = unit_counts(len(values))
    exact = _exact(values).T
    # Where all units are present, each draw has as many of them as there are.
    partly = np.flatnonzero(~present.all(axis=0))
    weights = present[:, partly].T.astype(np.float64)
    # Draw after draw of one column lies side by side, as percentiles want them.
    means = np.empty((len(exact), DRAWS))
    for start in range(0, DRAWS, _AT_ONCE):
        drawn = counts[start : start + _AT_ONCE].T.astype(np.float64)
        number = np.full((len(exact), drawn.shape[1]), float(len(values)))
        number[partly] = weights @ drawn
        with np.errstate(invalid="ignore"):
            means[:, start : start + _AT_ONCE] = (exact @ drawn) / number
    return means.T


def means_of_drawn_seeds(
    means: Float[np.ndarray, "draws estimates seeds"],
) -> Float[np.ndarray, "draws estimates"]:
    """Return for each draw the mean over the drawn seeds that have one, NaN where none has."""
    drawn = seed_counts(means.shape[2]).astype(np.float64)
    total, number = np.zeros_like(means[..., 0]), np.zeros_like(means[..., 0])
    for seed in range(means.shape[2]):
        known = ~np.isnan(means[..., seed])
        total += drawn[:, seed, None] * np.where(known, means[..., seed], 0.0)
        number += drawn[:, seed, None] * known
    with np.errstate(invalid="ignore"):
        return total / number


def _firsts(keys: pd.DataFrame) -> Int64[np.ndarray, " estimates"]:
    """Return where rows begin that differ from the one before; equal ones stand side by side."""
    columns = [keys[name].to_numpy() for name in keys.columns]
    differs = np.any([column[1:] != column[:-1] for column in columns], axis=0)
    return np.flatnonzero(np.concatenate([[len(keys) > 0], differs]))


def _joined(found: list[Estimates]) -> Estimates:
    """Return estimates of several blocks as one; a unit is then the same in each block alone."""
    units = max(len(each.present) for each in found)
    present = [np.pad(e.present, ((0, units - len(e.present)), (0, 0))) for e in found]
    return Estimates(
        keys=pd.concat([each.keys for each in found], ignore_index=True),
        estimate=np.concatenate([each.estimate for each in found]),
        draws=np.concatenate([each.draws.T for each in found]).T,
        n_seeds=np.concatenate([each.n_seeds for each in found]),
        present=np.concatenate(present, axis=1),
    )


def _alike(sizes: Int64[np.ndarray, " estimates"]) -> Iterator[tuple[int, np.ndarray]]:
    """Yield estimates that rest on as many seeds, a few hundred at once: memory is used again."""
    for size in map(int, np.unique(sizes)):
        same = np.flatnonzero(sizes == size)
        for start in range(0, len(same), _AT_ONCE):
            yield size, same[start : start + _AT_ONCE]


@lru_cache(maxsize=4)
def unit_counts(units: int) -> UInt8[np.ndarray, "draws units"]:
    """Return how often each of so many units occurs in each draw; always the same."""
    return _counts("units", units)


@lru_cache(maxsize=16)
def seed_counts(seeds: int) -> UInt8[np.ndarray, "draws seeds"]:
    """Return how often each of so many training seeds occurs in each draw; always the same."""
    return _counts("seeds", seeds)


def _counts(what: str, size: int) -> UInt8[np.ndarray, "draws size"]:
    """Return draws with replacement as counts; one byte each, as 256 of one is out of reach."""
    rng = generator(SEED, "bootstrap", what, size)
    counts = np.empty((DRAWS, size), dtype=np.uint8)
    for start in range(0, DRAWS, _AT_ONCE):
        drawn = counts[start : start + _AT_ONCE]
        picks = rng.integers(0, size, size=drawn.shape) + size * np.arange(len(drawn))[:, None]
        drawn[:] = np.bincount(picks.ravel(), minlength=drawn.size).reshape(drawn.shape)
    counts.flags.writeable = False
    return counts


def _exact(values: Float[np.ndarray, "units columns"]) -> Float[np.ndarray, "units columns"]:
    """Return the values on a grid so fine (about 1e-12) that sums over a draw are exact.

    Otherwise the last digit would depend on the order of summation, and that on the number of
    threads: a table would not repeat byte for byte.
    """
    largest = float(np.abs(values).max(initial=0.0))
    if largest == 0.0:
        return values
    step = math.ldexp(1.0, max(math.frexp(largest)[1] + len(values).bit_length() - 52, -1000))
    return np.round(values / step) * step
