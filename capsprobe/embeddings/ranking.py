"""The area under the ROC curve, as one number an image whose plain mean it is.

So what resamples images knows how sure it is, without knowing what was ranked.
"""

import numpy as np
from jaxtyping import Float, Float64

from capsprobe.faults import UsageFault


def auroc_terms(
    higher: Float[np.ndarray, " positives"], lower: Float[np.ndarray, " negatives"]
) -> tuple[Float64[np.ndarray, " positives"], Float64[np.ndarray, " negatives"]]:
    """Return the pseudo-values of the AUROC: A + (N / n_g) (V_i - A) for an image i of group g.

    V_i is the fraction of the other group that lies on the right side of it, ties by half. The
    mean over all N images is the AUROC, and their variance over N what DeLong et al. (1988, eq. 5)
    give for it, but for n in place of n - 1.

    Raises
    ------
    UsageFault
        Where a group is empty.
    """
    first, second = _placements(higher, lower)
    area, count = first.mean(), len(first) + len(second)
    return tuple(area + count / len(each) * (each - area) for each in (first, second))


def paired_auroc_terms(
    higher: Float[np.ndarray, " images"], lower: Float[np.ndarray, " images"]
) -> Float64[np.ndarray, " images"]:
    """Return one number for each image that is in both groups: V_i + W_i - A.

    V_i is the fraction of `lower` below its `higher`, W_i that of `higher` above its `lower`. The
    mean is the AUROC; the variance knows that the groups are the same images (DeLong et al. 1988).
    """
    first, second = _placements(higher, lower)
    return first + second - first.mean()


def _placements(
    higher: Float[np.ndarray, " positives"], lower: Float[np.ndarray, " negatives"]
) -> tuple[Float64[np.ndarray, " positives"], Float64[np.ndarray, " negatives"]]:
    """Return what fraction of the other group lies below each of one, above each of the other."""
    if not len(higher) or not len(lower):
        raise UsageFault(f"expected two groups, got {len(higher)} and {len(lower)} values")
    return _below(higher, lower), 1.0 - _below(lower, higher)


def _below(
    values: Float[np.ndarray, " values"], others: Float[np.ndarray, " others"]
) -> Float64[np.ndarray, " values"]:
    """Return what fraction of the others is less than each value, equal ones by half."""
    ordered = np.sort(others)
    less = np.searchsorted(ordered, values, side="left")
    most = np.searchsorted(ordered, values, side="right")
    return (less + most) / (2.0 * len(others))
