"""Small turns together with small moves: the grid and the draws of the spatial worst case.

The protocol is that of Engstrom et al. 2019, "Exploring the Landscape of Spatial Robustness". A
transformation is a row of three numbers: degrees against the clock, pixels down, pixels to the
right.
"""

import numpy as np
import torch
from jaxtyping import Float, Float64, Int64
from torch import Tensor

from capsprobe.data.draws import draw_each
from capsprobe.data.warp import linear_maps, warp_held
from capsprobe.shapes import IMAGES, PLACED


def grid_of_shifts(
    *, degrees: float, pixels: float, turns: int, moves: int
) -> Float64[np.ndarray, "points 3"]:
    """Return every turn with every move down and to the right, evenly spaced, farthest first.

    `turns` and `moves` are odd, so that no turn and no move are among them. How far a point lies
    is measured in parts of the largest turn and move; what lies far breaks most images, so a
    search that stops at the first break ends early.
    """
    turned, moved = _even(turns), _even(moves)
    unit = np.stack(np.meshgrid(turned, moved, moved, indexing="ij"), axis=-1).reshape(-1, 3)
    order = np.argsort(-np.square(unit).sum(axis=1), kind="stable")
    return unit[order] * _limits(degrees, pixels)


def random_shifts(
    rng: np.random.Generator,
    ids: Int64[Tensor, " images"],
    *,
    count: int,
    degrees: float,
    pixels: float,
) -> Float64[np.ndarray, "images count 3"]:
    """Return for each image turns and moves drawn evenly between the limits, by its id alone."""
    uniform = draw_each(rng, ids, count=3 * count).reshape(len(ids), count, 3)
    return (2.0 * uniform - 1.0) * _limits(degrees, pixels)


def shifted(
    images: Float[Tensor, IMAGES], shifts: Float64[np.ndarray, "images 3"], *, canvas: int
) -> tuple[Float[Tensor, PLACED], Float64[Tensor, " images"]]:
    """Return each image turned about its middle, then moved, and how much of its ink is cut.

    Ink that would leave the canvas pulls its image back by as few whole pixels as hold it; what is
    cut is cut of images larger than the canvas.
    """
    maps = linear_maps(len(images), rotation=shifts[:, 0])
    moves = torch.tensor(shifts[:, 1:])
    return warp_held(images, maps, canvas=canvas, moves=moves)


def _even(count: int) -> Float64[np.ndarray, " count"]:
    """Return so many numbers from -1 to 1; that in the middle is exactly 0."""
    half = count // 2
    return np.arange(-half, half + 1) / half


def _limits(degrees: float, pixels: float) -> Float64[np.ndarray, " 3"]:
    return np.array([degrees, pixels, pixels])
