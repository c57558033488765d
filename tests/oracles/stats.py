"""The seed-then-image bootstrap in plain loops, with draws as lists of who was drawn."""

import math

import numpy as np


def drawn(counts: np.ndarray) -> list[int]:
    """Return the members of one draw, each as often as it was drawn."""
    return [member for member, count in enumerate(counts) for _ in range(int(count))]


def mean(values: list[float]) -> float:
    """Return the mean, NaN of nothing."""
    return math.fsum(values) / len(values) if values else math.nan


def bootstrap(values: np.ndarray, seeds: np.ndarray, units: np.ndarray) -> list[float]:
    """Return the estimate of each draw from values (units by seeds; NaN where left out).

    `seeds` and `units` have one row of counts a draw.
    """
    estimates = []
    for seed_counts, unit_counts in zip(seeds, units, strict=True):
        by_seed = [
            mean([values[i, s] for i in drawn(unit_counts) if not math.isnan(values[i, s])])
            for s in drawn(seed_counts)
        ]
        estimates.append(mean([found for found in by_seed if not math.isnan(found)]))
    return estimates


def wilson(hits: int, count: int, z: float) -> tuple[float, float]:
    """Return Wilson's interval: the fractions q with |p - q| = z sqrt(q (1 - q) / n)."""
    p = hits / count
    # q^2 (1 + z^2/n) - q (2p + z^2/n) + p^2 = 0
    a, b, c = 1.0 + z**2 / count, -(2.0 * p + z**2 / count), p**2
    root = math.sqrt(b**2 - 4.0 * a * c)
    return (-b - root) / (2.0 * a), (-b + root) / (2.0 * a)


def mcnemar(only_a: int, only_b: int) -> float:
    """Return the two-sided p of so uneven a split of coin tosses, term by term."""
    n, most = only_a + only_b, max(only_a, only_b)
    tail = sum(math.comb(n, k) for k in range(most, n + 1)) / 2**n
    return min(1.0, 2.0 * tail)
