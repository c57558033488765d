"""Whole-pixel moves of images on a canvas: the training shift and the placing on a larger one."""

import torch
from jaxtyping import Float, Int64
from torch import Tensor
from torch.nn.functional import pad

from capsprobe.shapes import IMAGES, PLACED


def place(
    images: Float[Tensor, IMAGES],
    *,
    canvas: int,
    rows: Int64[Tensor, " images"],
    columns: Int64[Tensor, " images"],
) -> Float[Tensor, PLACED]:
    """Return each image with its upper left corner at (row, column) of an empty square canvas.

    Corners may lie outside; what leaves the canvas is cut.
    """
    height, width = images.shape[-2:]
    padded = pad(images, (canvas, canvas, canvas, canvas))
    windows = padded.unfold(2, canvas, 1).unfold(3, canvas, 1)
    limit_rows, limit_columns = canvas + height, canvas + width
    top = (canvas - rows).clamp(0, limit_rows)
    left = (canvas - columns).clamp(0, limit_columns)
    each = torch.arange(len(images))
    return windows[each, :, top, left]


def shift(
    images: Float[Tensor, IMAGES], *, pixels: int, generator: torch.Generator
) -> Float[Tensor, IMAGES]:
    """Return images moved by up to `pixels` each way, zero padded (Sabour et al. 2017, sec. 5)."""
    canvas = images.shape[-1]
    rows, columns = _corners(len(images), -pixels, pixels, generator)
    return place(images, canvas=canvas, rows=rows, columns=columns)


def scatter(
    images: Float[Tensor, IMAGES], *, canvas: int, generator: torch.Generator
) -> Float[Tensor, PLACED]:
    """Return images at random positions wholly inside a canvas (affNIST's training set)."""
    rows, columns = _corners(len(images), 0, canvas - images.shape[-1], generator)
    return place(images, canvas=canvas, rows=rows, columns=columns)


def centre(images: Float[Tensor, IMAGES], *, canvas: int) -> Float[Tensor, PLACED]:
    """Return images in the middle of a canvas, which may be larger or smaller."""
    corner = torch.full((len(images),), (canvas - images.shape[-1]) // 2)
    return place(images, canvas=canvas, rows=corner, columns=corner)


def _corners(count: int, low: int, high: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    both = torch.randint(low, high + 1, (2, count), generator=generator)
    return both[0], both[1]
