"""Whether a dimension of one embedding is a dimension of another, whatever its number."""

import numpy as np
from jaxtyping import Float64
from scipy.optimize import linear_sum_assignment

_TINY = 1e-12
First = Float64[np.ndarray, "images first"]
Second = Float64[np.ndarray, "images second"]


def matched_correlation(first: First, second: Second) -> float:
    """Return the mean |correlation| of dimensions under the best match of one to one.

    The match is that of the Hungarian method. Where one has more dimensions, some stay without
    another and do not count. A constant dimension correlates with nothing: 0.
    """
    alike = correlations(first, second)
    rows, columns = linear_sum_assignment(alike, maximize=True)
    return float(alike[rows, columns].mean())


def numbered_correlation(first: First, second: Second) -> float:
    """Return the mean |correlation| of dimensions with the same number."""
    return float(np.diagonal(correlations(first, second)).mean())


def correlations(first: First, second: Second) -> Float64[np.ndarray, "first second"]:
    """Return |Pearson's correlation| of each dimension of the one with each of the other."""
    return np.abs(_standard(first).T @ _standard(second)) / len(first)


def _standard(codes: Float64[np.ndarray, "images dimensions"]) -> np.ndarray:
    centred = codes - codes.mean(axis=0)
    spread = centred.std(axis=0)
    return centred / np.where(spread > _TINY, spread, np.inf)
