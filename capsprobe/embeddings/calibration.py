"""How far confidence is from being right, as one number an image whose plain mean it is."""

import numpy as np
from jaxtyping import Bool, Float64, Int64

BINS = 15


def calibration_terms(
    confidence: Float64[np.ndarray, " images"],
    correct: Bool[np.ndarray, " images"],
    *,
    bins: int = BINS,
) -> Float64[np.ndarray, " images"]:
    """Return confidence minus being right, with the sign of that image's bin.

    Bins are of equal width. The mean over images is the expected calibration error, the sum over
    bins of their part of the images times |accuracy - mean confidence| (Guo et al. 2017, eq. 3).
    """
    apart = confidence - correct
    sums = np.bincount(bins_of(confidence, bins=bins), weights=apart, minlength=bins)
    return np.sign(sums)[bins_of(confidence, bins=bins)] * apart


def bins_of(
    confidence: Float64[np.ndarray, " images"], *, bins: int = BINS
) -> Int64[np.ndarray, " images"]:
    """Return the bin of each confidence in [0, 1]: ((k - 1) / bins, k / bins] is number k - 1."""
    return np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)


def brier_terms(
    confidence: Float64[np.ndarray, " images"], correct: Bool[np.ndarray, " images"]
) -> Float64[np.ndarray, " images"]:
    """Return the squared distance of confidence from being right (Brier 1950)."""
    return np.square(confidence - correct)
