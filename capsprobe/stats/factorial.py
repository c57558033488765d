"""Effects of a full factorial in two levels: what each part changes, the others averaged over.

Of 2^k cells an effect is the mean of one half minus that of the other: for a single factor, those
that have it minus those that do not; for several, those with an even number of absences minus the
others, half the difference of differences for two (Box, Hunter and Hunter 2005, ch. 5).

Training seeds and units are both sampled, and crossed with the cells (capsprobe.stats.crossed): an
effect has a value for every seed, and its error is that between them, with as many degrees of
freedom as there are seeds less one, and that over units. The residual of all cells together, as of
a randomised block design, would know more, but networks of one seed are no independent cells: they
begin with the same weights and see the same batches, and those that differ in little stray alike.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
from jaxtyping import Bool, Float

from capsprobe.stats.crossed import Mean, Sample, crossed, never_certain

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

    All cells have the same seeds and are asked about the same units. Of a single seed, or a single
    unit, nothing is known about others: the error is infinite.
    """
    contrast = signs(levels, factors) * 2.0 / len(levels)
    by_unit = np.einsum("scu,c->su", values, contrast)
    both = by_unit.mean(axis=0)
    influence = (both - both.mean()) / len(both)
    mean = crossed(Sample(by_seed=by_unit.mean(axis=1), influence=influence))
    return replace(mean, error=np.inf) if len(both) == 1 else never_certain(mean)


def orders(factors: int, *, most: int = 2) -> list[tuple[int, ...]]:
    """Return all single factors, then all pairs, and so on, up to `most` together."""
    return [held for many in range(1, most + 1) for held in combinations(range(factors), many)]
