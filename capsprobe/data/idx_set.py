"""Image sets kept in four idx files, from the user's folder or downloaded by torchvision."""

from dataclasses import dataclass
from pathlib import Path

import torch

from capsprobe.data.base import Source, Split
from capsprobe.data.idx import read_idx
from capsprobe.data.images import ImageSet
from capsprobe.faults import DataFault

_VALIDATION = 10_000


@dataclass(frozen=True, kw_only=True)
class IdxFiles:
    """Names of a dataset's files with the SHA-256 of their uncompressed bytes."""

    name: str
    sha256: dict[str, str]


def load_idx(files: IdxFiles, split: Split, source: Source) -> ImageSet:
    """Return one split; the last 10 000 training images are the validation split.

    Raises
    ------
    DataFault
        Where the folder lacks a file or a file is damaged.
    EnvironmentFault
        Where no folder is given and nothing can be downloaded.
    """
    folder = source.folder
    if folder is None:
        raise DataFault("download not yet available")
    part = "t10k" if split == "test" else "train"
    images = _read(files, folder, f"{part}-images-idx3-ubyte")
    labels = _read(files, folder, f"{part}-labels-idx1-ubyte")
    rows = _rows(split, len(images))
    return ImageSet(
        name=files.name,
        split=split,
        classes=10,
        images=torch.from_numpy(images[rows].copy()).unsqueeze(1).float() / 255.0,
        labels=torch.from_numpy(labels[rows].copy()).long(),
        ids=torch.arange(len(images))[rows],
    )


def _rows(split: Split, count: int) -> slice:
    if split == "test":
        return slice(0, count)
    border = count - _VALIDATION
    return slice(0, border) if split == "train" else slice(border, count)


def _read(files: IdxFiles, folder: Path, name: str):
    for candidate in (folder / name, folder / f"{name}.gz"):
        if candidate.is_file():
            return read_idx(candidate, sha256=files.sha256[name])
    raise DataFault(f"expected {name} or {name}.gz in {folder}, found neither")
