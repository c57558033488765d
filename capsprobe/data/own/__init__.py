"""Images of the user's own: read, judged, and made into an `ImageSet` as ours are."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from capsprobe.data.base import Source, Split, datasets
from capsprobe.data.images import ImageSet
from capsprobe.data.own.arrays import ARCHIVE, of_archive, of_factory
from capsprobe.data.own.converting import converted
from capsprobe.data.own.folders import of_folder
from capsprobe.data.own.splitting import Raw, chosen
from capsprobe.data.own.vision import LIBRARY, of_library
from capsprobe.factories import named
from capsprobe.faults import DataFault

__all__ = ["called_in_tables", "is_own", "is_filed"]

_LONGEST = 40
_SPLITS: tuple[Split, ...] = ("train", "validation", "test")
# What has been called what in this process.
_NAMES: dict[str, str] = {}


@dataclass(frozen=True)
class _Own:
    """A dataset of the user's own as the registry's others are."""

    text: str
    name: str

    def __call__(self, split: Split, source: Source = Source()) -> ImageSet:
        """Return the images of a split."""
        raw = chosen(_read(self.text, split, source), split, self.text)
        return converted(raw, name=self.name, split=split)


def is_own(text: str) -> bool:
    """Return whether a dataset's name stands for data of the user's own."""
    return (
        text.startswith(LIBRARY)
        or text.endswith(ARCHIVE)
        or named(text) is not None
        or "/" in text
        or "\\" in text
        or (text.strip() != "" and text not in datasets and _is_folder(text))
    )


def is_filed(name: str) -> bool:
    """Return whether a dataset's name in tables was given to data of the user's own."""
    return name in _NAMES


def called_in_tables(text: str) -> str:
    """Return what tables call it, and file it under that name among the datasets.

    Small letters, digits and hyphens, at most forty; a piece of a hash where it was shortened or
    another set has that name.
    """
    asked = named(text)
    bare = re.split(r"[/\\]", text.rstrip("/\\").removesuffix(ARCHIVE))[-1]
    if asked is not None and not text.startswith(LIBRARY):
        bare = asked.function
    safe = re.sub(r"[^a-z0-9]+", "-", bare.lower().replace(":", "-")).strip("-") or "own"
    piece = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:6]
    if len(safe) > _LONGEST:
        safe = f"{safe[: _LONGEST - 7]}-{piece}"
    if safe in datasets and _NAMES.get(safe) != text:
        safe = f"own-{safe}" if safe not in _NAMES else f"{safe[: _LONGEST - 7]}-{piece}"
    if safe not in datasets:
        datasets.register(safe)(_Own(text, safe))
        _NAMES[safe] = text
    return safe


def _read(text: str, split: Split, source: Source) -> Raw:
    if text.startswith(LIBRARY):
        return of_library(text.removeprefix(LIBRARY), split, source)
    if text.endswith(ARCHIVE):
        return of_archive(Path(text), split)
    if named(text) is not None:
        return of_factory(text, split)
    if not _is_folder(text):
        raise DataFault(f"expected a folder of class folders, got {text}: there is none")
    return of_folder(Path(text).absolute(), split)


def _is_folder(text: str) -> bool:
    """Return whether there is such a folder; no name is too long to ask."""
    try:
        return Path(text).is_dir()
    except OSError:
        return False
