"""Effects of a full factorial in two levels: what each part changes, the others averaged over.

Of 2^k cells an effect is the mean of one half minus that of the other: for a single factor, those
that have it minus those that do not; for several, those with an even number of absences minus the
others, half the difference of differences for two (Box, Hunter and Hunter 2005, ch. 5).

Training seeds are blocks: every cell is trained with each. What is left of the cells' means once
cell and seed are taken away tells how much chance moves them, by (seeds - 1) (cells - 1) degrees
of freedom, as in any randomised block design: it takes chance to move all cells alike. Units are
sampled too, and crossed with both (capsprobe.stats.crossed): the variance of an effect over them
is added. What cell, seed and unit do together is in both, so the sum is a little too large.
"""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from jaxtyping import Bool, Float

from capsprobe.stats.crossed import Mean, never_certain

VALUES = "seeds cells units"
LEVELS = "cells factors"


def is_full(levels: Bool[np.ndarray, LEVELS]) -> bool:
    """Return whether the cells are all combinations of levels, each once."""
    return len(levels) == len({tuple(row) for row in levels.tolist()}) == 2 ** levels.shape[1]


def signs(levels: Bool[np.ndarray, LEVELS], factors: Sequence[int]) -> Float[np.ndarray, " cells"]:
    """Return +1 for the half of the cells that an effect counts, -1 for the other.

    Raises
    ------
    ValueError
        Where a combination of levels is missing or there twice: effects would be mixed up.
    """
    if not is_full(levels):
        raise ValueError(f"expected every combination of {levels.shape[1]} factors once")
    return np.where(levels[:, list(factors)], 1.0, -1.0).prod(axis=1)


def effect(
    values: Float[np.ndarray, VALUES], levels: Bool[np.ndarray, LEVELS], factors: Sequence[int]
) -> Mean:
    """Return the effect of one factor, or of several together, over seeds and units.

    All cells have the same seeds and are asked about the same units. Of a single seed nothing is
    known about others: its error is infinite.
    """
    seeds, cells, units = values.shape
    contrast = signs(levels, factors) * 2.0 / cells
    by_unit = values.mean(axis=0).T @ contrast
    estimate = float(by_unit.mean())
    if seeds == 1:
        error, degrees = np.inf, 1.0
    else:
        degrees = float((seeds - 1) * (cells - 1))
        between = float((_left(values.mean(axis=2)) ** 2).sum()) / degrees * 4.0 / cells / seeds
        within = float(by_unit.var(ddof=1)) / units if units > 1 else 0.0
        error = (between + within) ** 0.5
    return never_certain(
        Mean(estimate=estimate, error=error, degrees=degrees, n_seeds=seeds, n_units=units)
    )


def _left(means: Float[np.ndarray, "seeds cells"]) -> Float[np.ndarray, "seeds cells"]:
    """Return what is left of means without that of their seed and of their cell."""
    alike = means.mean(axis=0, keepdims=True) + means.mean(axis=1, keepdims=True) - means.mean()
    return means - alike


def orders(factors: int, *, most: int = 2) -> list[tuple[int, ...]]:
    """Return all single factors, then all pairs, and so on, up to `most` together."""
    return [held for many in range(1, most + 1) for held in combinations(range(factors), many)]
