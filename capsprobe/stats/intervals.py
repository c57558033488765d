"""Intervals that need no resampling: Wilson's for a fraction, and the percentiles of draws."""

import numpy as np
from jaxtyping import Float, Num
from scipy.special import ndtri

LEVEL = 0.95


def wilson(
    successes: Num[np.ndarray, " fractions"],
    trials: Num[np.ndarray, " fractions"],
    level: float = LEVEL,
) -> Float[np.ndarray, "2 fractions"]:
    """Return both ends of Wilson's score interval for each fraction.

    (p + z^2/2n -+ z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n) with p = successes / trials, after
    Wilson (1927). It always holds p, and unlike p -+ z sqrt(p(1-p)/n) it has a width where p is
    0 or 1. Rounding is not allowed to push p out of it.
    """
    if np.any(trials < 1) or np.any(successes < 0) or np.any(successes > trials):
        raise ValueError("expected 0 <= successes <= trials and trials >= 1")
    z, fraction = -float(ndtri((1.0 - level) / 2.0)), successes / trials
    widened = 1.0 + z**2 / trials
    middle = (fraction + z**2 / (2.0 * trials)) / widened
    half = z * np.sqrt(fraction * (1.0 - fraction) / trials + z**2 / (4.0 * trials**2)) / widened
    ends = np.minimum(middle - half, fraction), np.maximum(middle + half, fraction)
    return np.clip(ends, 0.0, 1.0)


def percentiles(
    draws: Float[np.ndarray, "draws estimates"], level: float = LEVEL
) -> Float[np.ndarray, "2 estimates"]:
    """Return both ends of the middle `level` of each column of draws; undefined (NaN) ones drop."""
    tails = [(1.0 - level) / 2.0, (1.0 + level) / 2.0]
    # Each column is sorted by itself, which is quick where its draws lie side by side.
    columns = np.ascontiguousarray(draws.T)
    ends = np.asarray(np.quantile(columns, tails, axis=1), dtype=np.float64)
    # Skipping NaN is slow, and hardly ever needed.
    gaps = np.isnan(columns).any(axis=1)
    if gaps.any():
        ends[:, gaps] = np.nanquantile(columns[gaps], tails, axis=1)
    return ends
