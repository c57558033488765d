"""Pairs of digits whose bounding boxes overlap by a wanted fraction.

Both digits are moved by whole pixels, in opposite ways and equally far, and never off the
canvas; the fraction is that of capsprobe.data.overlay.overlap.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Float64, Int64
from torch import Tensor

from capsprobe.data.move import place
from capsprobe.data.overlay import boxes, overlap
from capsprobe.shapes import IMAGES

# So much farther from the wanted overlap a move may be for the sake of its direction, and of
# its shortness: half a turn weighs as much as 0.01 of overlap, ten pixels as 0.001.
_TURN = 0.005
_PIXEL = 1e-4
_CHUNK = 500


@dataclass(frozen=True, kw_only=True)
class Pushed:
    """Both digits of each pair where they were put, and the overlap measured there."""

    first: Float[Tensor, IMAGES]
    second: Float[Tensor, IMAGES]
    overlap: Float[Tensor, " images"]


def push_apart(
    first: Float[Tensor, IMAGES],
    second: Float[Tensor, IMAGES],
    *,
    target: float,
    directions: Float64[Tensor, " images"],
    canvas: int,
) -> Pushed:
    """Return pairs whose overlap is as near to the target as their sizes and the canvas allow.

    From both boxes in the middle, the first digit goes towards the direction (in turns, against
    the clock from the right) and the second away from it; of moves that overlap equally well,
    one near that direction is taken, and a short one.
    """
    box = (boxes(first), boxes(second))
    chunks = (box[0].split(_CHUNK), box[1].split(_CHUNK), directions.split(_CHUNK))
    way = torch.cat(
        [_ways((a, b), target, turns, canvas) for a, b, turns in zip(*chunks, strict=True)]
    )
    corners = [_home(each, canvas) + step for each, step in zip(box, _halves(way), strict=True)]
    one, two = (
        place(images, canvas=canvas, rows=to[:, 0] - at[:, 0], columns=to[:, 1] - at[:, 2])
        for images, at, to in zip((first, second), box, corners, strict=True)
    )
    return Pushed(first=one, second=two, overlap=overlap(one, two))


def _ways(
    box: tuple[Int64[Tensor, "images 4"], Int64[Tensor, "images 4"]],
    target: float,
    directions: Float64[Tensor, " images"],
    canvas: int,
) -> Int64[Tensor, "images 2"]:
    """Return the best way (rows, columns) from the second digit to the first, of all there are."""
    steps = torch.arange(-canvas, canvas + 1)
    (tall, tall_fits), (wide, wide_fits) = (_shared(box, axis, steps, canvas) for axis in (0, 1))
    smaller = torch.minimum(*(_sizes(each).prod(dim=1) for each in box)).view(-1, 1, 1)
    covered = tall.unsqueeze(2) * wide.unsqueeze(1) / smaller.clamp(min=1)
    length, turned = _bearing(steps, directions)
    cost = (covered - target).abs() + _TURN * turned + _PIXEL * length
    cost[~(tall_fits.unsqueeze(2) & wide_fits.unsqueeze(1))] = torch.inf
    best = cost.flatten(1).argmin(dim=1)
    return torch.stack([steps[best // len(steps)], steps[best % len(steps)]], dim=1)


def _shared(
    box: tuple[Int64[Tensor, "images 4"], Int64[Tensor, "images 4"]],
    axis: int,
    steps: Int64[Tensor, " steps"],
    canvas: int,
) -> tuple[Int64[Tensor, "images steps"], Bool[Tensor, "images steps"]]:
    """Return how many pixels both boxes share along an axis after each step, and if they fit."""
    starts = [
        _home(each, canvas)[:, axis : axis + 1] + step
        for each, step in zip(box, _halves(steps), strict=True)
    ]
    stops = [at + _sizes(each)[:, axis : axis + 1] for at, each in zip(starts, box, strict=True)]
    shared = torch.minimum(*stops) - torch.maximum(*starts)
    fits = (torch.minimum(*starts) >= 0) & (torch.maximum(*stops) <= canvas)
    return shared.clamp(min=0), fits


def _bearing(
    steps: Int64[Tensor, " steps"], directions: Float64[Tensor, " images"]
) -> tuple[Float[Tensor, "steps steps"], Float[Tensor, "images steps steps"]]:
    """Return each step's length, and 1 - cos of its turn away from the direction."""
    turn = (2.0 * torch.pi * directions).view(-1, 1, 1)
    row, column = steps.view(-1, 1).double(), steps.view(1, -1).double()
    length = torch.hypot(row, column)
    along = (column * torch.cos(turn) - row * torch.sin(turn)) / length.clamp(min=1.0)
    return length.float(), torch.where(length > 0.0, 1.0 - along, 0.0).float()


def _halves(way: Int64[Tensor, "..."]) -> tuple[Int64[Tensor, "..."], Int64[Tensor, "..."]]:
    """Return how far the first digit goes ahead and the second back: of an odd way, one more."""
    ahead = (way + 1).div(2, rounding_mode="floor")
    return ahead, ahead - way


def _sizes(box: Int64[Tensor, "images 4"]) -> Int64[Tensor, "images 2"]:
    return box[:, 1::2] - box[:, 0::2]


def _home(box: Int64[Tensor, "images 4"], canvas: int) -> Int64[Tensor, "images 2"]:
    """Return the corner (row, column) that puts the box into the middle of the canvas."""
    return (canvas - _sizes(box)).div(2, rounding_mode="floor")
