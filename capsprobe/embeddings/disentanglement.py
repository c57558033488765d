"""Whether single dimensions of codes stand for single factors: MIG, SAP, DCI and selectivity.

All are between 0 and 1 for continuous codes and factors, but for the informativeness, an R2.
Constant factors and dimensions say nothing and are left out.
"""

import math

import numpy as np
from jaxtyping import Float64, Int64
from scipy.stats import rankdata
from sklearn.ensemble import ExtraTreesRegressor

from capsprobe.faults import UsageFault

# So that a cell of a table of two holds that many images on average.
_MOST_BINS, _EACH = 20, 5
_TREES, _LEAF = 10, 3
_FOLDS = 2
_TINY = 1e-12
Codes = Float64[np.ndarray, "images dimensions"]
Table = Float64[np.ndarray, "images factors"]
Matrix = Float64[np.ndarray, "dimensions factors"]


def scores(codes: Codes, factors: Table, rng: np.random.Generator) -> dict[str, float]:
    """Return mig, sap, disentanglement, completeness, informativeness and selectivity.

    Raises
    ------
    UsageFault
        Where fewer than two dimensions or factors vary.
    """
    codes, factors = _varying(codes, "dimensions"), _varying(factors, "factors")
    alike = spearman(codes, factors)
    importance, informed = importances(codes, factors, rng)
    return {
        "mig": mig(codes, factors),
        "sap": gap(np.square(pearson(codes, factors))),
        "disentanglement": disentanglement(importance),
        "completeness": disentanglement(importance.T),
        "informativeness": informed,
        "selectivity": selectivity(alike),
    }


def null_scores(codes: Codes, factors: Table, rng: np.random.Generator) -> dict[str, float]:
    """Return the same with the factors of one image put beside the codes of another."""
    return scores(codes, factors[rng.permutation(len(factors))], rng)


def mig(codes: Codes, factors: Table) -> float:
    """Return the mutual information gap (Chen et al. 2018, eq. 6).

    For each factor, the difference of the two largest mutual informations with a dimension, over
    the factor's entropy; mean over factors. Values are counted in bins of equal frequency: the
    root of a fifth of the number of images, from 2 to 20.
    """
    count = max(2, min(_MOST_BINS, round(math.sqrt(len(codes) / _EACH))))
    binned, named = _binned(codes, count), _binned(factors, count)
    shared = np.array([[mutual_information(f, c) for f in named.T] for c in binned.T])
    return gap(shared / np.array([mutual_information(f, f) for f in named.T]))


def mutual_information(
    first: Int64[np.ndarray, " images"], second: Int64[np.ndarray, " images"]
) -> float:
    """Return what is shared by two numberings from 0 on, in nats; with itself, the entropy."""
    rows, columns = int(first.max()) + 1, int(second.max()) + 1
    counts = np.bincount(first * columns + second, minlength=rows * columns)
    joint = counts.reshape(rows, columns) / len(first)
    even = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)
    held = joint > 0.0
    return float((joint[held] * np.log(joint[held] / even[held])).sum())


def gap(matrix: Matrix) -> float:
    """Return the mean over factors of the difference of their two largest entries.

    Of R2 of one dimension alone this is SAP for continuous factors (Kumar et al. 2018, sec. 3).
    """
    ordered = np.sort(matrix, axis=0)
    return float((ordered[-1] - ordered[-2]).mean())


def disentanglement(importance: Matrix) -> float:
    """Return the weighted mean over dimensions of 1 - H(importances), to the base of the factors.

    Weights are the dimensions' sums (Eastwood and Williams 2018, sec. 3). Of the transposed
    matrix this is the completeness.
    """
    sums = importance.sum(axis=1)
    shares = importance / np.maximum(sums, _TINY)[:, None]
    logs = np.log(np.where(shares > 0.0, shares, 1.0))
    certain = 1.0 + (shares * logs).sum(axis=1) / np.log(importance.shape[1])
    return float(np.clip((sums * certain).sum() / max(sums.sum(), _TINY), 0.0, 1.0))


def selectivity(alike: Matrix) -> float:
    """Return what part of all it moves with a dimension has in one factor, weighted mean.

    Of squared rank correlations r: sum_d max_f r_df / sum_d sum_f r_df. It is 1 where each
    dimension moves one factor, and one over their number where each moves all alike.
    """
    squared = np.square(alike)
    return float(squared.max(axis=1).sum() / max(squared.sum(), _TINY))


def importances(codes: Codes, factors: Table, rng: np.random.Generator) -> tuple[Matrix, float]:
    """Return how much each dimension serves to foretell each factor, and R2 of doing so.

    By extremely randomised trees (Geurts et al. 2006), which need no linear relation; the R2 is
    that of images that they have not seen, in halves, mean over factors.
    """
    half = rng.permutation(len(codes)) % _FOLDS
    columns, informed = [], []
    for factor in factors.T:
        trees = ExtraTreesRegressor(
            _TREES, min_samples_leaf=_LEAF, max_features=None, random_state=int(rng.integers(2**31))
        )
        missed = 0.0
        weights = np.zeros(codes.shape[1])
        for fold in range(_FOLDS):
            seen = half != fold
            trees.fit(codes[seen], factor[seen])
            missed += np.square(factor[~seen] - trees.predict(codes[~seen])).sum()
            weights += trees.feature_importances_ / _FOLDS
        columns.append(weights)
        informed.append(1.0 - missed / np.square(factor - factor.mean()).sum())
    return np.stack(columns, axis=1), float(np.mean(informed))


def pearson(codes: Codes, factors: Table) -> Matrix:
    """Return the correlation of each dimension with each factor."""
    return _standard(codes).T @ _standard(factors) / len(codes)


def spearman(codes: Codes, factors: Table) -> Matrix:
    """Return the rank correlation of each dimension with each factor."""
    return pearson(rankdata(codes, axis=0), rankdata(factors, axis=0))


def _varying(table: Float64[np.ndarray, "images columns"], what: str) -> np.ndarray:
    kept = table[:, np.ptp(table, axis=0) > _TINY]
    if kept.shape[1] < 2:
        raise UsageFault(f"expected at least 2 {what} that vary, got {kept.shape[1]}")
    return kept


def _binned(
    table: Float64[np.ndarray, "images columns"], count: int
) -> Int64[np.ndarray, "images columns"]:
    """Return bins of as equal frequency as equal values allow, for they stay together."""
    ranks = rankdata(table, method="average", axis=0)
    return np.minimum((ranks - 0.5) * count / len(table), count - 1).astype(np.int64)


def _standard(table: Float64[np.ndarray, "images columns"]) -> np.ndarray:
    centred = table - table.mean(axis=0)
    return centred / np.maximum(table.std(axis=0), _TINY)
