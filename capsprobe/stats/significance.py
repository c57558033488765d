"""Tests of a difference between two models: on the same images, and over training seeds.

What they stand on is slow to import: hence a file of their own.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.stats import t as student
from statsmodels.stats.contingency_tables import mcnemar as mcnemar_test

from capsprobe.stats.intervals import LEVEL


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
