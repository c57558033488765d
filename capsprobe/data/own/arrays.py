"""Arrays of the user's own: `.npz` files, never unpickled, and what a function returns."""

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy
from torch import Tensor

from capsprobe.data.base import Split
from capsprobe.data.images import ImageSet
from capsprobe.data.own.splitting import WORDS, Raw, whole_of
from capsprobe.factories import called
from capsprobe.faults import DataFault

ARCHIVE = ".npz"
MOST_BYTES = 2**32
_IMAGES, _LABELS = ("images", "x", "data", "X"), ("labels", "y", "targets", "Y")


def of_archive(path: Path, split: Split) -> Raw:
    """Return the images of a split of a .npz file, or all that there are.

    Arrays are called `images` and `labels`, or `x` and `y`, alone or with the split's name before
    or behind, as in `x_train`.

    Raises
    ------
    DataFault
        Where the file is damaged, would unpack to too much, holds objects, or lacks arrays.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return _split(path.name, _Arrays(path.name, archive), split)
    except OSError as error:
        raise DataFault(f"{path.name}: cannot be read: {error.strerror or error}") from error
    # zipfile raises the last two for packings it does not know and for archives with a password.
    except (zipfile.BadZipFile, ValueError, EOFError, NotImplementedError, RuntimeError) as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataFault(f"{path.name}: expected a .npz file of arrays, got {first}") from error


def of_factory(text: str, split: Split) -> Raw:
    """Return what a function gives for a split: images and labels, a mapping of both, or ours.

    Raises
    ------
    DataFault
        Where it raises or gives something else.
    """
    given = called(text, DataFault, split)
    if isinstance(given, ImageSet):
        return Raw(images=given.images, labels=given.labels.numpy(), whole=split)
    if isinstance(given, Mapping) and {"images", "labels"} <= given.keys():
        given = (given["images"], given["labels"])
    if not isinstance(given, tuple | list) or len(given) != 2:
        raise DataFault(f"{text}: expected (images, labels), got {type(given).__name__}")
    images, labels = given
    plain = labels.detach().cpu().numpy() if isinstance(labels, Tensor) else np.asarray(labels)
    return Raw(images=images, labels=plain, whole=split)


class _Arrays:
    """The arrays of an archive, each looked at before it is read."""

    def __init__(self, name: str, archive: zipfile.ZipFile) -> None:
        self._name, self._archive = name, archive
        entries = archive.infolist()
        self._entries = {entry.filename.removesuffix(".npy"): entry for entry in entries}
        unpacked = sum(entry.file_size for entry in entries)
        if unpacked > MOST_BYTES:
            raise DataFault(
                f"{name}: expected at most {MOST_BYTES} bytes, got an archive of {unpacked}"
            )

    @property
    def names(self) -> tuple[str, ...]:
        """Return what there is."""
        return tuple(sorted(self._entries))

    def read(self, key: str) -> np.ndarray:
        """Return an array; raise DataFault where it claims too much or holds objects."""
        entry = self._entries[key]
        with self._archive.open(entry) as file:
            self._check(key, file, entry.file_size)
        with self._archive.open(entry) as file:
            return npy.read_array(file, allow_pickle=False)

    def _check(self, key: str, file: Any, size: int) -> None:
        """Refuse what claims to hold more than there is, or holds Python's objects."""
        version = npy.read_magic(file)
        read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, _, kind = read(file)
        if kind.hasobject:
            raise DataFault(
                f"{self._name}: {key}: expected numbers, got objects, which could run code and "
                "are not opened; save them as arrays of numbers"
            )
        if int(np.prod(shape, dtype=object)) * kind.itemsize > size:
            raise DataFault(f"{self._name}: {key}: expected as many numbers as it says, got fewer")


def _split(name: str, arrays: _Arrays, split: Split) -> Raw:
    found = {each: _pair(arrays.names, words) for each, words in WORDS.items()}
    pair, whole = found[split], whole_of(split, {each for each in found if found[each]})
    if whole == "training":
        pair = found["train"]
    if pair is None and not any(found.values()):
        pair, whole = _pair(arrays.names, ("",)), "all"
    if pair is None:
        have = ", ".join(arrays.names[:8]) or "none"
        raise DataFault(
            f"{name}: expected arrays images and labels, or x_{split} and y_{split}, got {have}"
        )
    return Raw(images=arrays.read(pair[0]), labels=arrays.read(pair[1]), whole=whole)


def _pair(names: tuple[str, ...], words: tuple[str, ...]) -> tuple[str, str] | None:
    """Return the names of images and labels, with a split's name before or behind."""
    for word in words:
        for images, labels in zip(_IMAGES, _LABELS, strict=True):
            for form in ("{0}_{1}", "{1}_{0}") if word else ("{0}",):
                pair = form.format(images, word), form.format(labels, word)
                if set(pair) <= set(names):
                    return pair
    return None
