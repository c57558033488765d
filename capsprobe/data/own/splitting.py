"""Raw images with labels as users have them, and a fixed split where they have none."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from sklearn.model_selection import train_test_split

from capsprobe.data.base import Split
from capsprobe.faults import DataFault

_SEED = 0
# One in five for each of validation and test; of what is given for training, one in six.
_HELD_OUT, _OF_TRAINING = 0.2, 1.0 / 6.0
_FEWEST = 3
# What splits are called by those who give them.
WORDS: dict[Split, tuple[str, ...]] = {
    "train": ("train",),
    "validation": ("validation", "val", "valid"),
    "test": ("test",),
}


@dataclass(frozen=True, kw_only=True)
class Raw:
    """Images in whatever form, one after the other, with labels and where they came from.

    `whole` says which split they are: one of ours; "all", where there are no splits; or "training",
    where those for training and for validation are together.
    """

    images: Any
    labels: np.ndarray
    whole: str
    names: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())


def check_lengths(raw: Raw, name: str) -> None:
    """Raise DataFault where images and labels are not as many, before any are chosen."""
    for what, held in (("images", raw.images), ("labels", raw.labels)):
        if not hasattr(held, "__len__") or (isinstance(held, np.ndarray) and held.ndim == 0):
            raise DataFault(f"{name}: expected {what}, one after the other, got {_told(held)}")
    if len(raw.labels) != len(raw.images):
        raise DataFault(
            f"{name}: expected a label for each of {len(raw.images)} images, got {len(raw.labels)}"
        )


def _told(held: Any) -> str:
    return "a single number" if isinstance(held, np.ndarray) else type(held).__name__


def whole_of(split: Split, given: set[Split]) -> str:
    """Return what holds a split where these are given: itself, or the images for training."""
    undivided = "train" in given and "validation" not in given
    return "training" if undivided and split != "test" else split


def chosen(raw: Raw, split: Split, text: str) -> Raw:
    """Return what belongs to a split: all that was given for it, or a fixed stratified part.

    Raises
    ------
    DataFault
        Where a class has too few images to be split.
    """
    check_lengths(raw, text)
    if raw.whole == split:
        return raw
    rows = _rows(raw.labels, raw.whole, text)[split]
    told = (
        "no splits are given: 60 % train, 20 % validation and 20 % test, drawn once, by class"
        if raw.whole == "all"
        else "no validation split is given: a sixth of the training images, drawn once, by class"
    )
    return replace(
        raw,
        images=_taken(raw.images, rows),
        labels=raw.labels[rows],
        notes=(*raw.notes, told),
    )


def _rows(labels: np.ndarray, whole: str, text: str) -> dict[Split, np.ndarray]:
    everything = np.arange(len(labels))
    classes, counts = np.unique(labels, axis=0, return_counts=True)
    if not len(counts):
        raise DataFault(f"{text}: expected images, got none")
    if counts.min() < _FEWEST:
        few = classes[int(counts.argmin())]
        raise DataFault(
            f"{text}: expected at least {_FEWEST} images of each class to split, got "
            f"{int(counts.min())} of class {few}"
        )
    if whole == "training":
        train, validation = _apart(everything, labels, _OF_TRAINING, text)
        return {"train": train, "validation": validation, "test": everything[:0]}
    rest, test = _apart(everything, labels, _HELD_OUT, text)
    train, validation = _apart(rest, labels, _HELD_OUT / (1.0 - _HELD_OUT), text)
    return {"train": train, "validation": validation, "test": test}


def _apart(
    rows: np.ndarray, labels: np.ndarray, part: float, text: str
) -> tuple[np.ndarray, np.ndarray]:
    try:
        kept, held = train_test_split(
            rows, test_size=part, stratify=labels[rows], random_state=_SEED
        )
    except ValueError as error:
        raise DataFault(f"{text}: cannot be split by class: {error}") from error
    return np.sort(kept), np.sort(held)


def _taken(images: Any, rows: np.ndarray) -> Any:
    if isinstance(images, Sequence):
        return [images[row] for row in rows]
    return images[rows]
