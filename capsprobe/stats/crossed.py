"""Means over training seeds and units at once: tests against a margin, and what they could show.

Every training seed is examined on the same units, so both are sampled and they are crossed, as
readers and cases are where many read many. The variance of a mean is then that between seeds,
over their number, and that between units, over theirs. Each is estimated by itself:

- s^2 / n of the seeds' means, with n - 1 degrees of freedom;
- the sum of the squared influences of m units on the mean, times m / (m - 1).

What seed and unit do together is in both, so the sum is a little too large, never too small. It is
the two-way model with random readers and cases of Dorfman, Berbaum and Metz (1992), but for the
degrees of freedom: always n - 1, those of the seeds. Satterthwaite's would be read from a variance
that two or three seeds know next to nothing about; where it comes out small by chance they are
those of the images, and the test claims far too much (simulated: with three seeds one verdict in
five was wrong somewhere, where one in twenty may be).
"""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float
from scipy.special import stdtr, stdtrit

from capsprobe.stats.intervals import LEVEL

POWER = 0.8


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One effect a training seed, and how far each unit moves their mean.

    `influence` sums to zero: for a plain mean it is (x_i - mean) / m.
    """

    by_seed: Float[np.ndarray, " seeds"]
    influence: Float[np.ndarray, " units"]


@dataclass(frozen=True, kw_only=True)
class Mean:
    """An effect's mean over seeds, its standard error, and the degrees of freedom.

    Of a single seed nothing is known about others: its error is infinite.
    """

    estimate: float
    error: float
    degrees: float
    n_seeds: int
    n_units: int

    def interval(self, level: float = LEVEL) -> tuple[float, float]:
        """Return both ends of the interval that the test belongs to."""
        half = self._quantile((1.0 + level) / 2.0) * self.error if self.error else 0.0
        return self.estimate - half, self.estimate + half

    def p_above(self, bound: float) -> float:
        """Return the one-sided p-value of "the mean is not above the bound"."""
        return self._tail(self.estimate - bound)

    def p_below(self, bound: float) -> float:
        """Return the one-sided p-value of "the mean is not below the bound"."""
        return self._tail(bound - self.estimate)

    def p_within(self, margin: float) -> float:
        """Return the p-value of two one-sided tests (TOST) that the mean is within -+ margin."""
        return max(self.p_above(-margin), self.p_below(margin))

    def p_beyond(self, margin: float) -> float:
        """Return the p-value of "the mean is within -+ margin", for both sides together."""
        return min(1.0, 2.0 * min(self.p_above(margin), self.p_below(-margin)))

    def detectable(self, level: float, power: float = POWER) -> float:
        """Return how far beyond a bound an effect must lie to be found with this power.

        At this error and one-sided level, from the noncentral t distribution.
        """
        if not np.isfinite(self.error):
            return np.inf
        if self.error == 0.0:
            return 0.0
        # Slow to import, and most who want an effect want no power.
        from scipy.optimize import brentq
        from scipy.stats import nct

        bound = self._quantile(1.0 - level)
        # Far above, for few degrees of freedom the bound itself is far out.
        highest = 4.0 * bound + 10.0
        shift = brentq(lambda by: nct.sf(bound, self.degrees, by) - power, 0.0, highest)
        return float(shift) * self.error

    def _tail(self, distance: float) -> float:
        if not np.isfinite(self.error):
            return 1.0
        if self.error == 0.0:
            return float(distance <= 0.0)
        return float(stdtr(self.degrees, -distance / self.error))

    def _quantile(self, share: float) -> float:
        return float(stdtrit(self.degrees, share)) if np.isfinite(self.error) else np.inf


def crossed(sample: Sample) -> Mean:
    """Return the mean of a sample with its error over seeds and units.

    Raises
    ------
    ValueError
        Where there is no seed.
    """
    n_seeds, n_units = len(sample.by_seed), len(sample.influence)
    if n_seeds == 0:
        raise ValueError("expected an effect of at least one training seed, got none")
    estimate = float(sample.by_seed.mean())
    if n_seeds == 1:
        return Mean(estimate=estimate, error=np.inf, degrees=1.0, n_seeds=n_seeds, n_units=n_units)
    between = float(sample.by_seed.var(ddof=1)) / n_seeds
    within = float((sample.influence**2).sum()) * n_units / (n_units - 1) if n_units > 1 else 0.0
    total = between + within
    return Mean(
        estimate=estimate,
        error=total**0.5,
        degrees=float(n_seeds - 1),
        n_seeds=n_seeds,
        n_units=n_units,
    )


def never_certain(mean: Mean) -> Mean:
    """Return a mean of fractions of sampled units with an error where none was seen.

    That all units agree in a sample of m leaves room for one that does not: 1 / m.
    """
    if mean.error > 0.0 or mean.n_units == 0:
        return mean
    return replace(mean, error=1.0 / mean.n_units)


def of_disjoint_pairs(mean: Mean) -> Mean:
    """Return a mean of comparisons of each seed with the next, as what its disjoint pairs know.

    Around a ring neighbours share a seed: of n comparisons only n // 2 share none. With fewer than
    two of them nothing is known.
    """
    pairs = mean.n_seeds // 2
    if pairs < 2:
        return replace(mean, error=np.inf, degrees=1.0)
    error = mean.error * (mean.n_seeds / pairs) ** 0.5
    return replace(mean, error=error, degrees=float(pairs - 1))
