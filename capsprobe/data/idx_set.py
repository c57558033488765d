"""Image sets kept in four idx files, from the user's folder or downloaded by torchvision.

Wherever the files come from, our own reader checks their SHA-256 every time.
"""

import os
import sys
from contextlib import redirect_stdout
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path

import numpy as np
import torch
from jaxtyping import UInt8

from capsprobe.data.base import Source, Split
from capsprobe.data.idx import read_idx, read_packed_idx
from capsprobe.data.images import ImageSet
from capsprobe.faults import DataFault, EnvironmentFault


@dataclass(frozen=True, kw_only=True)
class IdxFiles:
    """A dataset's four files with their SHA-256, and how torchvision calls the set.

    A file named without `.gz` has the hash of its uncompressed bytes, and may lie there packed
    or not. One named with `.gz` has that of the packed bytes, and must lie there packed.
    The last `validation` training images are the validation split.
    """

    name: str
    torchvision: str
    sha256: dict[str, str]
    validation: int = 10_000


def load_idx(files: IdxFiles, split: Split, source: Source) -> ImageSet:
    """Return one split from the user's folder; without one, from the cache or the network.

    The folder may hold the files themselves, or be a root that torchvision filled.

    Raises
    ------
    DataFault
        Where the folder lacks a file or a file is damaged.
    EnvironmentFault
        Where no folder is given and nothing can be downloaded.
    """
    folder = source.folder if source.folder is not None else _downloaded(files)
    part = "t10k" if split == "test" else "train"
    images = _read(files, folder, f"{part}-images-idx3-ubyte")
    labels = _read(files, folder, f"{part}-labels-idx1-ubyte")
    rows = _rows(split, len(images), files.validation)
    return ImageSet(
        name=files.name,
        split=split,
        classes=10,
        images=torch.from_numpy(images[rows].copy()).unsqueeze(1).float() / 255.0,
        labels=torch.from_numpy(labels[rows].copy()).long(),
        ids=torch.arange(len(images))[rows],
    )


def cache_folder() -> Path:
    """Return where downloads are kept: `$XDG_CACHE_HOME/capsprobe`, or under `~/.cache`."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    # The XDG specification: a relative path is to be ignored.
    root = Path(base) if Path(base).is_absolute() else Path.home() / ".cache"
    return root / "capsprobe"


def _rows(split: Split, count: int, validation: int) -> slice:
    if split == "test":
        return slice(0, count)
    border = count - validation
    return slice(0, border) if split == "train" else slice(border, count)


def _read(files: IdxFiles, folder: Path, name: str) -> UInt8[np.ndarray, "..."]:
    path = _find(files, folder, name)
    if path is None:
        what = f"{name}.gz" if _packed(files, name) else f"{name} or {name}.gz"
        places = " or ".join(str(place) for place in _places(files, folder))
        raise DataFault(f"expected {what} in {places}, found {_seen(folder)}")
    if _packed(files, name):
        return read_packed_idx(path, sha256=files.sha256[f"{name}.gz"])
    return read_idx(path, sha256=files.sha256[name])


def _find(files: IdxFiles, folder: Path, name: str) -> Path | None:
    endings = (".gz",) if _packed(files, name) else ("", ".gz")
    for place in _places(files, folder):
        for ending in endings:
            if (path := place / f"{name}{ending}").is_file():
                return path
    return None


def _packed(files: IdxFiles, name: str) -> bool:
    return f"{name}.gz" in files.sha256


def _places(files: IdxFiles, folder: Path) -> tuple[Path, Path]:
    return folder, folder / files.torchvision / "raw"


def _seen(folder: Path) -> str:
    if not folder.is_dir():
        return "no such folder"
    seen = sorted(path.name for path in folder.iterdir())
    return ", ".join(seen[:5]) + (", …" if len(seen) > 5 else "") if seen else "an empty folder"


def _downloaded(files: IdxFiles) -> Path:
    """Return the cache folder, filled by torchvision where files are missing."""
    cache = cache_folder()
    names = [name.removesuffix(".gz") for name in files.sha256]
    if all(_find(files, cache, name) is not None for name in names):
        return cache
    # Imported late: it takes longer than most commands that need no download.
    from torchvision import datasets as published

    dataset = getattr(published, files.torchvision)
    try:
        # Whatever torchvision prints is no result: standard output is kept for those.
        with redirect_stdout(sys.stderr):
            dataset(cache, download=True)
    except (OSError, RuntimeError, ValueError, HTTPException) as error:
        last = str(error).strip().splitlines()[-1:] or [type(error).__name__]
        raise EnvironmentFault(
            f"{files.name} cannot be downloaded into {cache}: {last[0]}; "
            f"tried {', '.join(dataset.mirrors)}; "
            "name a folder that holds its idx files with --data-dir, or use --dataset digits"
        ) from error
    return cache
