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
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Bool, Float, UInt8

from capsprobe.seeds import generator
from capsprobe.stats.blocks import Block, Group

DRAWS = 2000
SEED = 0
_AT_ONCE = 250


@dataclass(frozen=True, kw_only=True)
class Resampled:
    """One estimate with its draws (NaN where a draw held no unit) and what it rests on."""

    estimate: float
    draws: Float[np.ndarray, " draws"]
    n_seeds: int
    units: Bool[np.ndarray, " units"]


def resample(block: Block) -> list[tuple[Group, Resampled]]:
    """Return each group of the block with its estimate and draws, in the order of its keys."""
    means = resampled_means(block.values, block.present)
    return [
        (
            group,
            Resampled(
                estimate=mean_of_seeds(block, group),
                draws=mean_of_drawn_seeds(means[:, group.columns]),
                n_seeds=len(group.columns),
                units=block.present[:, group.columns].any(axis=1),
            ),
        )
        for group in block.groups()
    ]


def mean_of_seeds(block: Block, group: Group) -> float:
    """Return the mean over training seeds of each one's mean over its units."""
    sums = block.values[:, group.columns].sum(axis=0)
    return float((sums / block.present[:, group.columns].sum(axis=0)).mean())


def resampled_means(
    values: Float[np.ndarray, "units columns"], present: Bool[np.ndarray, "units columns"]
) -> Float[np.ndarray, "draws columns"]:
    """Return each column's mean over the drawn units that are present; NaN where none is."""
    counts = unit_counts(len(values))
    exact = _exact(values)
    weights = np.ones((len(values), 1)) if present.all() else present.astype(np.float64)
    means = np.empty((DRAWS, values.shape[1]))
    for start in range(0, DRAWS, _AT_ONCE):
        drawn = counts[start : start + _AT_ONCE].astype(np.float64)
        with np.errstate(invalid="ignore"):
            means[start : start + _AT_ONCE] = (drawn @ exact) / (drawn @ weights)
    return means


def mean_of_drawn_seeds(
    means: Float[np.ndarray, "draws seeds"],
) -> Float[np.ndarray, " draws"]:
    """Return for each draw the mean over the drawn seeds that have one, NaN where none has."""
    known = ~np.isnan(means)
    counts = seed_counts(means.shape[1]) * known
    with np.errstate(invalid="ignore"):
        return (counts * np.where(known, means, 0.0)).sum(axis=1) / counts.sum(axis=1)


@lru_cache(maxsize=2)
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
