"""Views of a base dataset: digits placed on a larger canvas, and overlapping pairs of digits.

A view makes training batches afresh in every epoch and evaluation sets once, from a seed; an
evaluation image never comes from a training digit, because views keep to the base's split.

`mnist-affnist` is a test set for networks of the view `placed`. `affnist` and `multimnist` are
the field's names for `mnist-affnist` and `mnist-pairs`; to train on them is to train on
`mnist-placed` and `mnist-pairs`.
"""

from dataclasses import dataclass
from typing import Literal

import pandas as pd
import torch
from jaxtyping import Float, Int64
from torch import Tensor

from capsprobe.data import mat, move, overlay
from capsprobe.data.affnist import affnist
from capsprobe.data.base import Source, Split, datasets
from capsprobe.data.images import LABELS, ImageSet
from capsprobe.data.own import called_in_tables, is_filed, is_own
from capsprobe.faults import UsageFault
from capsprobe.registry import unknown
from capsprobe.seeds import derive
from capsprobe.shapes import IMAGES

PLACED_CANVAS = 40
TRAINING_SHIFT = 2
Batch = tuple[Float[Tensor, IMAGES], Int64[Tensor, LABELS]]
ViewName = Literal["single", "placed", "pairs"]
VIEWS: tuple[ViewName, ...] = ("single", "placed", "pairs")
ALIASES = {"affnist": "mnist-affnist", "multimnist": "mnist-pairs"}
# What follows a base's name, and the view that networks for such images are trained on.
_ENDINGS: dict[str, ViewName] = {"placed": "placed", "pairs": "pairs", "affnist": "placed"}


@dataclass(frozen=True, kw_only=True)
class Name:
    """A dataset's name in two parts: `mnist-pairs` is base `mnist` in the view `pairs`."""

    base: str
    view: ViewName

    @classmethod
    def parse(cls, text: str) -> "Name":
        """Return the parts; raise UsageFault, with all names known, where there is no such set.

        Data of the user's own get the name that tables call them by.
        """
        if text not in datasets and is_own(text):
            return cls(base=called_in_tables(text), view="single")
        base, _, ending = ALIASES.get(text, text).rpartition("-")
        if text in datasets:
            return cls(base=text, view="single")
        if base in datasets and ending in _ENDINGS:
            return cls(base=base, view=_ENDINGS[ending])
        raise UsageFault(unknown("dataset", text, names()))

    def __str__(self) -> str:
        return self.base if self.view == "single" else f"{self.base}-{self.view}"


def names() -> tuple[str, ...]:
    """Return every base dataset but the user's own, what is made from it, and the aliases."""
    bases = [base for base in datasets if not is_filed(base)]
    made = [name for base in bases for name in (base, *(f"{base}-{end}" for end in _ENDINGS))]
    return (*made, *ALIASES)


def load_images(
    name: str, *, split: Split = "test", source: Source = Source(), seed: int = 0
) -> ImageSet:
    """Return a split of a dataset or of a view of it; the seed fixes all that is drawn.

    For `affnist`, the official files are read where the source's folder has them.

    Raises
    ------
    UsageFault
        Where no such dataset is known.
    DataFault, EnvironmentFault
        Where its files are missing or damaged.
    """
    parsed = Name.parse(name)
    if name == "affnist" and split == "test" and source.folder is not None:
        official = mat.find_mat_files(source.folder)
        if official:
            return mat.read_mat_files(official)
    images = datasets[parsed.base](split, source)
    if ALIASES.get(name, name).endswith("-affnist"):
        return affnist(images, seed=seed)
    if parsed.view == "placed":
        return placed(images, seed=seed)
    if parsed.view == "pairs":
        return pairs(images, pixels=overlay.SHIFT, seed=seed)
    return images


def placed(images: ImageSet, *, seed: int) -> ImageSet:
    """Return every image at a random place of a 40x40 canvas, the corner among the parameters."""
    generator = _generator(seed, images, "placed")
    low, high = 0, PLACED_CANVAS - images.size[0]
    corners = torch.randint(low, high + 1, (len(images), 2), generator=generator)
    moved = move.place(
        images.images, canvas=PLACED_CANVAS, rows=corners[:, 0], columns=corners[:, 1]
    )
    table = pd.DataFrame(corners.numpy(), columns=["row", "column"])
    return _derived(images, "placed", moved, images.labels, table)


def pairs(images: ImageSet, *, pixels: int, seed: int) -> ImageSet:
    """Return every image overlaid with one of another class; the parameters say which and how.

    Pairs of which the canvas would cut ink are left out: with moves of up to 4 pixels there are
    none, with 6 some.
    """
    generator = _generator(seed, images, "pairs", pixels)
    other = overlay.partners(images.labels, generator=generator)
    moves = [overlay.draw_moves(len(images), pixels=pixels, generator=generator) for _ in range(2)]
    first = overlay.moved(images.images, moves[0], canvas=overlay.CANVAS)
    second = overlay.moved(images.images[other], moves[1], canvas=overlay.CANVAS)
    labels = torch.stack([images.labels, images.labels[other]], dim=1)
    table = pd.DataFrame(
        {
            "first_id": images.ids.numpy(),
            "second_id": images.ids[other].numpy(),
            "first_row": moves[0][:, 0].numpy(),
            "first_column": moves[0][:, 1].numpy(),
            "second_row": moves[1][:, 0].numpy(),
            "second_column": moves[1][:, 1].numpy(),
            "overlap": overlay.overlap(first, second).numpy(),
        }
    )
    made = _derived(images, "pairs", overlay.overlay(first, second), labels, table)
    whole = overlay.kept_whole(images.images, moves[0], canvas=overlay.CANVAS)
    whole &= overlay.kept_whole(images.images[other], moves[1], canvas=overlay.CANVAS)
    return made.take(whole.nonzero().squeeze(1))


def fresh(
    view: ViewName, images: ImageSet, rows: Int64[Tensor, " batch"], *, generator: torch.Generator
) -> Batch:
    """Return a training batch of the view: shifted, placed or paired by new draws."""
    pixels, labels = images.images[rows], images.labels[rows]
    if view == "single":
        return move.shift(pixels, pixels=TRAINING_SHIFT, generator=generator), labels
    if view == "placed":
        return move.scatter(pixels, canvas=PLACED_CANVAS, generator=generator), labels
    other = overlay.partners(labels, generator=generator)
    first, second = (
        overlay.moved(
            part,
            overlay.draw_moves(len(rows), pixels=overlay.SHIFT, generator=generator),
            canvas=overlay.CANVAS,
        )
        for part in (pixels, pixels[other])
    )
    return overlay.overlay(first, second), torch.stack([labels, labels[other]], dim=1)


def canvas(view: ViewName, images: ImageSet) -> int:
    """Return the side of the view's images in pixels."""
    return {"single": images.size[0], "placed": PLACED_CANVAS, "pairs": overlay.CANVAS}[view]


def _generator(seed: int, images: ImageSet, *path: str | int) -> torch.Generator:
    return torch.Generator().manual_seed(derive(seed, images.name, images.split, *path))


def _derived(
    base: ImageSet, view: ViewName, images: Tensor, labels: Tensor, parameters: pd.DataFrame
) -> ImageSet:
    return ImageSet(
        name=f"{base.name}-{view}",
        split=base.split,
        classes=base.classes,
        images=images,
        labels=labels,
        ids=base.ids,
        parameters=parameters,
    )
