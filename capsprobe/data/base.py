"""The registry of datasets, and the names under which views of them are found."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from capsprobe.data.images import ImageSet
from capsprobe.registry import Registry

Split = Literal["train", "validation", "test"]


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where data may come from: a folder of the user's. Without one they are downloaded once."""

    folder: Path | None = None


class Dataset(Protocol):
    """A function from a split and a source to its images."""

    def __call__(self, split: Split, source: Source) -> ImageSet:
        """Return the images of a split."""
        ...


datasets: Registry[Dataset] = Registry("dataset", "capsprobe.data")
