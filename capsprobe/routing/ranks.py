"""Rank correlations over children, for many images at once."""

import numpy as np
from jaxtyping import Float
from scipy.stats import rankdata

WEIGHTS = "images children"
# What differs by less than this fraction of an image's largest weight is a tie.
_DIGITS = 6


def spearman(
    one: Float[np.ndarray, WEIGHTS], other: Float[np.ndarray, WEIGHTS]
) -> Float[np.ndarray, " images"]:
    """Return Spearman's rank correlation of each image's weights; NaN where either has no spread.

    Ties share their mean rank.
    """
    a, b = _centred(one), _centred(other)
    norm = np.sqrt((a * a).sum(axis=1) * (b * b).sum(axis=1))
    with np.errstate(invalid="ignore"):
        return np.clip((a * b).sum(axis=1) / norm, -1.0, 1.0)


def variation(weights: Float[np.ndarray, WEIGHTS]) -> Float[np.ndarray, " images"]:
    """Return sum_i (w_bi - mean_b w_bi)^2 over the mean of sum_i (w_bi - mean w)^2.

    Its mean over images is the fraction of the variance over images and children that weights
    which are the same for all images leave over. NaN where there is no variance at all.
    """
    apart = np.square(weights - weights.mean(axis=0)).sum(axis=1)
    total = np.square(weights - weights.mean()).sum(axis=1).mean()
    return apart / total if total > _least(weights) else np.full(len(weights), np.nan)


def of_others(weights: Float[np.ndarray, WEIGHTS]) -> Float[np.ndarray, WEIGHTS]:
    """Return for each image the mean over all other images; NaN for one alone."""
    with np.errstate(invalid="ignore"):
        return (weights.sum(axis=0) - weights) / np.float64(len(weights) - 1)


def shuffled(
    weights: Float[np.ndarray, WEIGHTS], rng: np.random.Generator
) -> Float[np.ndarray, WEIGHTS]:
    """Return each image's weights in another order of the children."""
    return rng.permuted(weights, axis=1)


def _centred(weights: Float[np.ndarray, WEIGHTS]) -> Float[np.ndarray, WEIGHTS]:
    largest = np.abs(weights).max(axis=1, keepdims=True)
    ranks = rankdata(np.round(weights / np.where(largest > 0.0, largest, 1.0), _DIGITS), axis=1)
    return ranks - ranks.mean(axis=1, keepdims=True)


def _least(weights: Float[np.ndarray, WEIGHTS]) -> float:
    """Return the variance that rounding alone may leave."""
    return float(weights.shape[1] * (10.0**-_DIGITS * np.abs(weights).max()) ** 2)
