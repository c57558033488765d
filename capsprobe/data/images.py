"""`ImageSet`: images in [0, 1] with labels and fixed ids, the one form in which data travels."""

import hashlib
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Self

import pandas as pd
import torch
from jaxtyping import Float, Int64
from torch import Tensor

from capsprobe.faults import DataFault


@dataclass(frozen=True, kw_only=True)
class ImageSet:
    """Images, what they show, and how they were made.

    `labels` holds one class per image, or two per image for overlapping pairs. `ids` stay with
    an image through every selection, so that models can be compared in pairs.
    `parameters` holds one row an image: the transformation that made it.

    Raises
    ------
    DataFault
        Where values leave [0, 1] or are not finite, counts differ, or labels are no class.
    """

    name: str
    split: str
    classes: int
    images: Float[Tensor, "images channels height width"]
    labels: Int64[Tensor, "images *pair"]
    ids: Int64[Tensor, " images"]
    parameters: pd.DataFrame = field(default_factory=pd.DataFrame)

    def __post_init__(self) -> None:
        _check_images(self.name, self.images)
        _check_labels(self.name, self.labels, self.classes)
        counts = {len(self.images), len(self.labels), len(self.ids)}
        if len(counts) != 1:
            raise DataFault(
                f"{self.name}: expected as many labels and ids as images ({len(self.images)}), "
                f"got {len(self.labels)} labels and {len(self.ids)} ids"
            )

    def __len__(self) -> int:
        return len(self.images)

    @property
    def size(self) -> tuple[int, int]:
        """Return height and width in pixels."""
        return self.images.shape[-2], self.images.shape[-1]

    @cached_property
    def sha256(self) -> str:
        """Return the hash of all pixels, labels and ids, hexadecimal."""
        digest = hashlib.sha256(f"{self.classes}{tuple(self.images.shape)}".encode())
        for part in (self.images, self.labels, self.ids):
            digest.update(part.contiguous().cpu().numpy().tobytes())
        return digest.hexdigest()

    def take(self, rows: Int64[Tensor, " rows"]) -> Self:
        """Return the set of the given rows, ids and parameters kept."""
        table = self.parameters
        return replace(
            self,
            images=self.images[rows],
            labels=self.labels[rows],
            ids=self.ids[rows],
            parameters=table.iloc[rows.tolist()].reset_index(drop=True) if len(table) else table,
        )

    def limit(self, count: int | None) -> Self:
        """Return the first `count` images, or all where there are fewer or no limit."""
        if count is None or count >= len(self):
            return self
        return self.take(torch.arange(count))


def _check_images(name: str, images: Tensor) -> None:
    if images.numel() == 0:
        raise DataFault(f"{name}: expected at least one image, got shape {tuple(images.shape)}")
    if not torch.isfinite(images).all():
        raise DataFault(f"{name}: expected finite pixels, got NaN or infinity")
    low, high = images.min().item(), images.max().item()
    if low < 0.0 or high > 1.0:
        raise DataFault(f"{name}: expected pixels in [0, 1], got [{low:g}, {high:g}]")


def _check_labels(name: str, labels: Tensor, classes: int) -> None:
    low, high = int(labels.min()), int(labels.max())
    if low < 0 or high >= classes:
        raise DataFault(f"{name}: expected labels in 0..{classes - 1}, got {low}..{high}")
