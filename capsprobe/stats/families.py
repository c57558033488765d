"""Tests of one family, and of spreads: Holm's correction, Brown and Forsythe's test."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from scipy.stats import levene
from statsmodels.stats.multitest import multipletests

LEVEL = 0.05


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return the p-values adjusted for all of them together, after Holm (1979)."""
    if not len(p_values):
        return ()
    return tuple(map(float, multipletests(np.asarray(p_values), method="holm")[1]))


def brown_forsythe(
    a: Float[np.ndarray, " values"], b: Float[np.ndarray, " values"]
) -> tuple[float, float]:
    """Return how many times as wide a is spread as b, and the two-sided p-value of Brown-Forsythe.

    The spread is the mean distance from the median; the test is Levene's with medians for means
    (Brown and Forsythe 1974). Without three values each, or where nothing is spread, p is 1 and
    the ratio NaN where it has no value.
    """
    wide, narrow = (float(np.abs(each - np.median(each)).mean()) for each in (a, b))
    ratio = wide / narrow if narrow > 0.0 else (np.nan if wide == 0.0 else np.inf)
    if min(len(a), len(b)) < 3 or max(wide, narrow) == 0.0:
        return ratio, 1.0
    p_value = float(levene(a, b, center="median").pvalue)
    return ratio, p_value if np.isfinite(p_value) else 1.0
