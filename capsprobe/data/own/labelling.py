"""Labels as users have them into classes 0, 1, 2 and on."""

import numpy as np
import torch
from jaxtyping import Int64
from torch import Tensor

from capsprobe.data.own.splitting import Raw
from capsprobe.faults import DataFault

MOST_CLASSES = 1000
_SHOWN = 5


def labelled(raw: Raw, name: str) -> tuple[Int64[Tensor, " images"], int, list[str]]:
    """Return the classes of the images, how many classes there are, and what was done.

    Raises
    ------
    DataFault
        Where labels are no classes from 0 on, or there is but one.
    """
    numbers, names, notes = _numbers(np.asarray(raw.labels), raw.names, name)
    low, high = int(numbers.min()), int(numbers.max())
    classes = len(names) or high + 1
    present = np.unique(numbers)
    if low < 0 or high >= classes or high >= MOST_CLASSES:
        most = min(classes, MOST_CLASSES) - 1
        raise DataFault(f"{name}: expected labels in 0..{most}, got {low}..{high}")
    if low > 0 and not names and len(present) == high - low + 1 and low == 1:
        raise DataFault(
            f"{name}: expected labels from 0 on, got 1..{high} and no 0: subtract one from them"
        )
    if classes < 2 or len(present) < 2:
        raise DataFault(f"{name}: expected images of at least 2 classes, got {len(present)}")
    if absent := sorted(set(range(classes)) - set(present.tolist())):
        shown = ", ".join(names[k] if names else str(k) for k in absent[:_SHOWN])
        more = f" and {len(absent) - _SHOWN} more" if len(absent) > _SHOWN else ""
        notes.append(f"no image here is of class {shown}{more}")
    if names:
        shown = ", ".join(f"{k} {each}" for k, each in enumerate(names[: 2 * _SHOWN]))
        notes.append(f"classes: {shown}{', ...' if len(names) > 2 * _SHOWN else ''}")
    return torch.from_numpy(numbers.astype(np.int64)), classes, notes


def _numbers(
    labels: np.ndarray, names: tuple[str, ...], name: str
) -> tuple[np.ndarray, tuple[str, ...], list[str]]:
    """Return whole numbers, the classes' names where they have any, and what was done."""
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim == 2 and _is_one_hot(labels):
        return labels.argmax(axis=1), names, ["labels are read from rows of ones and zeros"]
    if labels.ndim != 1:
        raise DataFault(f"{name}: expected one label an image, got shape {labels.shape}")
    if labels.dtype.kind in "US":
        texts, numbers = np.unique(labels.astype(str), return_inverse=True)
        return numbers, tuple(map(str, texts)), ["labels are texts, numbered by the alphabet"]
    if labels.dtype.kind in "bui":
        if labels.size and (high := int(labels.max())) > np.iinfo(np.int64).max:
            # With a sign they would be negative, and the line would name what is not there.
            most = (len(names) or MOST_CLASSES) - 1
            raise DataFault(f"{name}: expected labels in 0..{most}, got {high}")
        return labels.astype(np.int64), names, []
    return _whole(labels, name), names, ["labels are whole numbers written as fractions"]


def _whole(labels: np.ndarray, name: str) -> np.ndarray:
    """Return fractions that are whole numbers as such."""
    if labels.dtype.kind != "f" or not np.isfinite(labels).all():
        raise DataFault(f"{name}: expected whole numbers for labels, got {labels.dtype}")
    if (labels != np.round(labels)).any():
        odd = labels[labels != np.round(labels)][0]
        raise DataFault(f"{name}: expected whole numbers for labels, got {odd:g}")
    if labels.size and np.abs(labels).max() >= MOST_CLASSES:
        high = labels[np.abs(labels).argmax()]
        raise DataFault(f"{name}: expected labels in 0..{MOST_CLASSES - 1}, got {high:g}")
    return labels.astype(np.int64)


def _is_one_hot(labels: np.ndarray) -> bool:
    if labels.dtype.kind not in "buif":
        return False
    return bool(((labels == 0) | (labels == 1)).all() and (labels.sum(axis=1) == 1).all())
