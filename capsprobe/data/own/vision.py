"""Datasets of torchvision by the names of their classes, as in `torchvision:KMNIST`."""

from pathlib import Path
from typing import Any

import numpy as np
import torchvision

from capsprobe.data.base import Source, Split
from capsprobe.data.own.splitting import Raw
from capsprobe.factories import trimmed
from capsprobe.faults import DataFault, EnvironmentFault
from capsprobe.registry import unknown

LIBRARY = "torchvision:"
_CACHE = Path.home() / ".cache" / "capsprobe" / "torchvision"


def of_library(name: str, split: Split, source: Source) -> Raw:
    """Return a dataset of torchvision; it is downloaded where its files are not there.

    Raises
    ------
    DataFault
        Where torchvision has no such dataset, or not with images and labels.
    EnvironmentFault
        Where its files are neither there nor to be had.
    """
    known = tuple(torchvision.datasets.__all__)
    if name not in known:
        raise DataFault(unknown("dataset of torchvision", name, known))
    held = _opened(name, source.folder or _CACHE, "test" if split == "test" else "train")
    images = getattr(held, "data", None)
    labels = next((getattr(held, key) for key in ("targets", "labels") if hasattr(held, key)), None)
    if images is None or labels is None:
        raise DataFault(
            f"{LIBRARY}{name}: expected a dataset with images and labels in memory, got another; "
            "pass a function of your own that returns both"
        )
    whole = "test" if split == "test" else "training"
    return Raw(images=images, labels=np.asarray(labels), whole=whole)


def _opened(name: str, folder: Path, part: str) -> Any:
    """Return torchvision's dataset, whichever way it wants its split to be named."""
    kind = getattr(torchvision.datasets, name)
    for named in ({"train": part == "train"}, {"split": part}):
        for download in (False, True):
            try:
                return kind(str(folder), download=download, **named)
            except TypeError:
                break
            except (RuntimeError, OSError) as error:
                if download:
                    raise EnvironmentFault(
                        f"{LIBRARY}{name}: expected its files in {folder.name} or a network, "
                        f"got {trimmed(error)}"
                    ) from error
    raise DataFault(f"{LIBRARY}{name}: expected a dataset with splits, got one without")
