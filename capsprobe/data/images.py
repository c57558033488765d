"""`ImageSet`: images in [0, 1] with labels and fixed ids, the one form in which data travels."""

import base64
import hashlib
import io
from dataclasses import dataclass, field, replace
from functools import cached_property
from html import escape

import pandas as pd
import torch
from jaxtyping import Float, Int64
from PIL import Image
from torch import Tensor

from capsprobe.faults import DataFault, UsageFault
from capsprobe.seeds import generator
from capsprobe.shapes import IMAGES

# In a notebook.
_SHOWN = 12
# One label an image, or two.
LABELS = "images *pair"


@dataclass(frozen=True, kw_only=True)
class ImageSet:
    """Images, what they show, and how they were made.

    `labels` holds one class per image, or two per image for overlapping pairs. `ids` stay with
    an image through every selection, so that models can be compared in pairs.
    `parameters` holds one row an image: the transformation that made it. `validation` are images
    of another split, for those who set a threshold: these are never chosen on test images.
    `notes` say what was done to a user's own images.

    Raises
    ------
    DataFault
        Where values leave [0, 1] or are not finite, counts differ, or labels are no class.
    """

    name: str
    split: str
    classes: int
    images: Float[Tensor, IMAGES]
    labels: Int64[Tensor, LABELS]
    ids: Int64[Tensor, " images"]
    parameters: pd.DataFrame = field(default_factory=pd.DataFrame)
    validation: "ImageSet | None" = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check_images(self.name, self.images)
        _check_labels(self.name, self.labels, self.classes)
        counts = (len(self.labels), len(self.ids), len(self.parameters) or len(self.images))
        if set(counts) != {len(self.images)}:
            raise DataFault(
                f"{self.name}: expected as many labels, ids and rows of parameters as images "
                f"({len(self.images)}), got {counts[0]}, {counts[1]} and {counts[2]}"
            )

    def __len__(self) -> int:
        return len(self.images)

    def _repr_html_(self) -> str:
        """Return what a notebook shows: how many images of what, and the first few of them."""
        height, width = self.size
        told = (
            f"<b>{escape(self.name)}</b>, {escape(self.split)}: {len(self)} images of "
            f"{height}x{width}, {self.classes} classes"
        )
        shown = "".join(
            f'<img alt="{label}" title="{label}" width="56" src="data:image/png;base64,{png}">'
            for png, label in zip(
                map(_png, self.images[:_SHOWN]), self.labels[:_SHOWN].tolist(), strict=True
            )
        )
        notes = "".join(f"<li>{escape(note)}</li>" for note in self.notes)
        return f"<p>{told}</p><p>{shown}</p>" + (f"<ul>{notes}</ul>" if notes else "")

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

    def take(self, rows: Int64[Tensor, " rows"]) -> "ImageSet":
        """Return the set of the given rows, ids and parameters kept."""
        table = self.parameters
        return replace(
            self,
            images=self.images[rows],
            labels=self.labels[rows],
            ids=self.ids[rows],
            parameters=table.iloc[rows.tolist()].reset_index(drop=True) if len(table) else table,
        )

    def limit(self, count: int | None) -> "ImageSet":
        """Return a fixed random choice of `count` images, or all where there are fewer.

        A smaller choice lies inside a larger one, whatever the order of the images: MNIST's
        first 5000 test digits are cleaner than its last, so the first n would flatter. Images
        stay in their order. Classes are as frequent as chance has it.

        Raises
        ------
        UsageFault
            Where `count` is below one.
        """
        if count is not None and count < 1:
            raise UsageFault(f"expected a limit of at least 1 image, got {count}")
        if count is None or count >= len(self):
            return self
        # One number for every id that may occur, so that an image's turn depends on its id alone.
        turns = generator(0, "limit", self.name, self.split).random(int(self.ids.max()) + 1)
        first = torch.from_numpy(turns)[self.ids].argsort(stable=True)[:count]
        return self.take(first.sort().values)


def _png(image: Float[Tensor, "channels height width"]) -> str:
    """Return the picture as a PNG in base64."""
    levels = (image[0] * 255.0).round().to(torch.uint8).cpu().numpy()
    held = io.BytesIO()
    Image.fromarray(levels).save(held, format="PNG")
    return base64.b64encode(held.getvalue()).decode()


def grey_levels(image: Float[Tensor, "channels height width"]) -> list[int]:
    """Return the pixels as whole numbers from 0 to 255, row by row."""
    return [int(level) for level in (image * 255.0).round().flatten().tolist()]


def _check_images(name: str, images: Tensor) -> None:
    if images.numel() == 0:
        raise DataFault(f"{name}: expected at least one image, got shape {tuple(images.shape)}")
    if not torch.isfinite(images).all():
        raise DataFault(f"{name}: expected finite pixels, got NaN or infinity")
    low, high = images.min().item(), images.max().item()
    if low < 0.0 or high > 1.0:
        raise DataFault(f"{name}: expected pixels in [0, 1], got [{low:g}, {high:g}]")


def _check_labels(name: str, labels: Tensor, classes: int) -> None:
    if labels.numel() == 0:
        raise DataFault(f"{name}: expected a label for each image, got none")
    low, high = int(labels.min()), int(labels.max())
    if low < 0 or high >= classes:
        raise DataFault(f"{name}: expected labels in 0..{classes - 1}, got {low}..{high}")
