"""How well a quantity can be read from embeddings linearly, under nested cross-validation."""

import numpy as np
from jaxtyping import Float64, Int64, Shaped
from sklearn.model_selection import GroupKFold

from capsprobe.faults import UsageFault

FOLDS = 5
_PENALTIES = np.logspace(-3, 5, 17)
_TINY = 1e-12


def readout_predictions(
    embedding: Float64[np.ndarray, "images features"],
    target: Float64[np.ndarray, " images"],
    rng: np.random.Generator,
    *,
    groups: Shaped[np.ndarray, " images"] | None = None,
    folds: int = FOLDS,
) -> tuple[Float64[np.ndarray, " images"], Float64[np.ndarray, " images"]]:
    """Return what ridge regression says of each image, and what its training folds' mean says.

    Neither has seen the image, nor another of its group. Features are standardised by the training
    folds, and the penalty is chosen in them alone, by generalised cross-validation (Golub et al.
    1979).

    Raises
    ------
    UsageFault
        Where there are fewer groups than folds.
    """
    named = np.arange(len(target)) if groups is None else groups
    said, level = np.empty(len(target)), np.empty(len(target))
    for train, test in _split(named, rng, folds):
        said[test] = _ridge(embedding[train], target[train], embedding[test])
        level[test] = target[train].mean()
    return said, level


def terms_of(
    truth: Float64[np.ndarray, " images"],
    said: Float64[np.ndarray, " images"],
    level: Float64[np.ndarray, " images"],
) -> Float64[np.ndarray, " images"]:
    """Return 1 - (y_i - said_i)^2 / mean of (y - level)^2; the mean over images is R2.

    It is negative where the mean of the training folds says more.
    """
    spread = max(float(np.square(truth - level).mean()), _TINY)
    return 1.0 - np.square(truth - said) / spread


def _split(
    groups: Shaped[np.ndarray, " images"], rng: np.random.Generator, folds: int
) -> list[tuple[Int64[np.ndarray, " train"], Int64[np.ndarray, " test"]]]:
    names, number = np.unique(groups, return_inverse=True)
    if len(names) < folds:
        raise UsageFault(f"expected at least {folds} images of their own, got {len(names)}")
    shuffled = rng.permutation(len(names))[number]
    found = GroupKFold(n_splits=folds).split(shuffled, groups=shuffled)
    return [(np.asarray(train), np.asarray(test)) for train, test in found]


def _ridge(
    seen: Float64[np.ndarray, "train features"],
    target: Float64[np.ndarray, " train"],
    asked: Float64[np.ndarray, "test features"],
) -> Float64[np.ndarray, " test"]:
    """Return what the ridge regression with the best penalty says of what is asked.

    One decomposition serves all penalties: with X = U S V', the reading at penalty a is
    U diag(s^2 / (s^2 + a)) U'y, and GCV is n |y - reading|^2 / (n - trace)^2.
    """
    middle, scale = seen.mean(axis=0), seen.std(axis=0)
    scale = np.where(scale > _TINY, scale, np.inf)
    left, sizes, right = np.linalg.svd((seen - middle) / scale, full_matrices=False)
    level = target.mean()
    along = left.T @ (target - level)
    kept = sizes**2 / (sizes**2 + _PENALTIES[:, None])
    missed = np.square(target - level - (kept * along) @ left.T).sum(axis=1)
    # One more for the mean that was taken out.
    freedom = len(target) - 1.0 - kept.sum(axis=1)
    best = int(np.argmin(missed / np.square(np.maximum(freedom, _TINY))))
    weights = right.T @ (sizes / (sizes**2 + _PENALTIES[best]) * along)
    return ((asked - middle) / scale) @ weights + level
