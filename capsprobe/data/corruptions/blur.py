"""Blur: frosted glass, and a camera that moves."""

import numpy as np
from jaxtyping import Bool, Float, Int64
from numpy.lib.stride_tricks import sliding_window_view
from scipy.ndimage import gaussian_filter

from capsprobe.data.corruptions.base import STACK, Draws, corruption, uniform


def smooth(images: Float[np.ndarray, STACK], sigma: float) -> Float[np.ndarray, STACK]:
    """Return each image under a Gaussian; beyond the edge its last pixels go on."""
    return gaussian_filter(images, (0.0, sigma, sigma), mode="nearest")


@corruption(
    "blur/glass",
    published=1,
    sigma=(0.7, 0.9, 1.0, 1.1, 1.5),
    reach=(1, 2, 2, 3, 4),
    rounds=(2, 1, 3, 2, 2),
)
def glass(
    images: Float[np.ndarray, STACK], draws: Draws, *, sigma: float, reach: int, rounds: int
) -> Float[np.ndarray, STACK]:
    """Blur, swap half the pixels with ones within reach, and blur again: frosted glass.

    From the last pixel to the first, once a round; the rim takes part only as a partner.
    """
    side = images.shape[-1]
    shuffled = smooth(images, sigma)
    chance = uniform(draws, rounds, 3, side, side)
    inner = range(side - reach, reach, -1)
    for turn, row, column in ((t, r, c) for t in range(rounds) for r in inner for c in inner):
        coin, down, across = chance[:, turn, :, row, column].T
        to_row, to_column = (
            place + np.floor(2 * reach * draw).astype(np.int64) - reach
            for place, draw in ((row, down), (column, across))
        )
        _swap(shuffled, (row, column), (to_row, to_column), coin < 0.5)
    return smooth(shuffled, sigma)


@corruption(
    "blur/motion", published=1, radius=(10, 15, 15, 15, 20), sigma=(3.0, 5.0, 8.0, 12.0, 15.0)
)
def motion(
    images: Float[np.ndarray, STACK], draws: Draws, *, radius: int, sigma: float
) -> Float[np.ndarray, STACK]:
    """Smear along a line, at most 45 degrees steep: the camera moved.

    As ImageMagick has it: half a Gaussian of `sigma` pixels, 2 radius + 1 long, whole pixels.
    """
    turn = np.deg2rad(90.0 * uniform(draws) - 45.0)
    length = 2 * radius + 1
    weights = np.exp(-0.5 * (np.arange(length) / sigma) ** 2)
    roomy = np.pad(images, ((0, 0), (length, length), (length, length)), mode="edge")
    views, each = sliding_window_view(roomy, images.shape[1:], axis=(1, 2)), np.arange(len(images))
    moved = np.zeros_like(images)
    for far, weight in enumerate(weights / weights.sum()):
        down, across = (np.rint(far * way).astype(np.int64) for way in (np.sin(turn), np.cos(turn)))
        moved += weight.astype(images.dtype) * views[each, length + down, length + across]
    return moved


def _swap(
    images: Float[np.ndarray, STACK],
    here: tuple[int, int],
    there: tuple[Int64[np.ndarray, " images"], Int64[np.ndarray, " images"]],
    chosen: Bool[np.ndarray, " images"],
) -> None:
    """Swap, in place, one pixel of each chosen image with another."""
    each = np.flatnonzero(chosen)
    target = each, there[0][each], there[1][each]
    source = (each, *here)
    images[source], images[target] = images[target], images[source]
