"""Two digits on one canvas, by the MultiMNIST protocol (Sabour et al. 2017, sec. 6).

The two are of different classes and from one split; each is moved by up to 4 pixels (the
paper; the authors' code uses 6), added, and clipped at one.
"""

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from capsprobe.data.move import place
from capsprobe.faults import DataFault
from capsprobe.shapes import IMAGES, PLACED

CANVAS = 36
SHIFT = 4


def partners(
    labels: Int64[Tensor, " images"], *, generator: torch.Generator
) -> Int64[Tensor, " images"]:
    """Return for each image the row of another with a different class, drawn evenly from those.

    Raises
    ------
    DataFault
        Where all labels are the same, so that no pair exists.
    """
    if bool((labels == labels[0]).all()):
        raise DataFault(f"expected at least two classes to form pairs, got only {int(labels[0])}")
    chosen = torch.randint(len(labels), (len(labels),), generator=generator)
    while bool((clash := labels[chosen] == labels).any()):
        again = torch.randint(len(labels), (int(clash.sum()),), generator=generator)
        chosen[clash] = again
    return chosen


def overlay(first: Float[Tensor, IMAGES], second: Float[Tensor, IMAGES]) -> Float[Tensor, IMAGES]:
    """Return the sum of both, clipped at one."""
    return (first + second).clamp(max=1.0)


def moved(
    images: Float[Tensor, IMAGES], moves: Int64[Tensor, "images 2"], *, canvas: int
) -> Float[Tensor, PLACED]:
    """Return images moved by (rows, columns) from the middle of a canvas."""
    corner = (canvas - images.shape[-1]) // 2
    return place(images, canvas=canvas, rows=moves[:, 0] + corner, columns=moves[:, 1] + corner)


def draw_moves(count: int, *, pixels: int, generator: torch.Generator) -> Int64[Tensor, "images 2"]:
    """Return whole-pixel moves, even over [-pixels, pixels] in both directions."""
    return torch.randint(-pixels, pixels + 1, (count, 2), generator=generator)


def kept_whole(
    images: Float[Tensor, IMAGES], moves: Int64[Tensor, "images 2"], *, canvas: int
) -> Bool[Tensor, " images"]:
    """Return whether each image, moved so, keeps all its ink on the canvas."""
    ends = boxes(images)
    corner = moves + (canvas - images.shape[-1]) // 2
    starts, stops = ends[:, 0::2] + corner, ends[:, 1::2] + corner
    return ((starts >= 0) & (stops <= canvas)).all(dim=1)


def boxes(images: Float[Tensor, IMAGES]) -> Int64[Tensor, "images 4"]:
    """Return each image's bounding box of ink: top, bottom, left, right, the ends exclusive.

    An empty image gets the box 0, 0, 0, 0.
    """
    ink = (images > 0.0).any(dim=1)
    top, bottom = _ends(ink.any(dim=2))
    left, right = _ends(ink.any(dim=1))
    return torch.stack([top, bottom, left, right], dim=1)


def overlap(
    first: Float[Tensor, IMAGES], second: Float[Tensor, IMAGES]
) -> Float[Tensor, " images"]:
    """Return the area that both bounding boxes cover, as a fraction of the smaller box.

    Zero where a box is empty.
    """
    one, two = boxes(first), boxes(second)
    height = torch.minimum(one[:, 1], two[:, 1]) - torch.maximum(one[:, 0], two[:, 0])
    width = torch.minimum(one[:, 3], two[:, 3]) - torch.maximum(one[:, 2], two[:, 2])
    shared = height.clamp(min=0) * width.clamp(min=0)
    smaller = torch.minimum(_area(one), _area(two)).clamp(min=1)
    return shared / smaller


def _ends(covered: Bool[Tensor, "images length"]) -> tuple[Tensor, Tensor]:
    length = covered.shape[1]
    start = covered.int().argmax(dim=1)
    stop = length - covered.flip(1).int().argmax(dim=1)
    return start, torch.where(covered.any(dim=1), stop, 0)


def _area(box: Int64[Tensor, "images 4"]) -> Int64[Tensor, " images"]:
    return (box[:, 1] - box[:, 0]) * (box[:, 3] - box[:, 2])
