"""Edges in place of the image, by Canny's detector (1986), for a whole stack at once."""

import numpy as np
from jaxtyping import Bool, Float
from scipy.ndimage import correlate1d, gaussian_filter, label

from capsprobe.data.corruptions.base import STACK, Draws, corruption, steps

# scikit-image's defaults for images from 0 to 1, which are MNIST-C's.
SIGMA, LOW, HIGH = 1.0, 0.1, 0.2
_EQUAL = 1e-9
# Neighbours at an edge or a corner belong together, but never those in another image.
_TOGETHER = np.zeros((3, 3, 3), dtype=bool)
_TOGETHER[1] = True


@corruption("edges/canny", published=5, share=steps(1.0, published=5))
def canny(
    images: Float[np.ndarray, STACK], draws: Draws, *, share: float
) -> Float[np.ndarray, STACK]:
    """Let that share of the image give way to its edges, white on black."""
    del draws
    return images + share * (edges(images) - images)


def edges(images: Float[np.ndarray, STACK]) -> Bool[np.ndarray, STACK]:
    """Return where Canny's edges are.

    Of the smoothed image's gradient what is not smaller than its neighbours up and down the
    slope and at least LOW; of that, the pieces that reach HIGH somewhere. The rim has none.
    """
    blurred = _smoothed(images.astype(np.float64))
    down, across = _slope(blurred, along=1, over=2), _slope(blurred, along=2, over=1)
    steep = np.hypot(down, across)
    thin = _is_crest(steep, down, across) & (steep >= LOW)
    thin[:, [0, -1], :] = thin[:, :, [0, -1]] = False
    pieces, _ = label(thin, _TOGETHER)
    strong = np.unique(pieces[thin & (steep >= HIGH)])
    return thin & np.isin(pieces, strong)


def _smoothed(images: Float[np.ndarray, STACK]) -> Float[np.ndarray, STACK]:
    """Return each image under a Gaussian that knows of nothing beyond the edge."""
    sigma = (0.0, SIGMA, SIGMA)
    inside = gaussian_filter(np.ones((1, *images.shape[1:])), sigma, mode="constant")
    return gaussian_filter(images, sigma, mode="constant") / inside


def _slope(images: Float[np.ndarray, STACK], *, along: int, over: int) -> Float[np.ndarray, STACK]:
    """Return Sobel's derivative; SciPy's own would smooth over the axis of the images too."""
    return correlate1d(correlate1d(images, [-1.0, 0.0, 1.0], along), [1.0, 2.0, 1.0], over)


def _is_crest(
    steep: Float[np.ndarray, STACK],
    down: Float[np.ndarray, STACK],
    across: Float[np.ndarray, STACK],
) -> Bool[np.ndarray, STACK]:
    """Return where the slope is not exceeded one pixel on, either way, between two neighbours."""
    tall, wide = np.abs(down), np.abs(across)
    part = np.minimum(tall, wide) / np.maximum(np.maximum(tall, wide), 1e-12)
    image, row, column = np.indices(steep.shape)
    roomy = np.pad(steep, ((0, 0), (1, 1), (1, 1)))
    crest = np.ones(steep.shape, dtype=bool)
    for sign in (-1, 1):
        to_row, to_column = (
            place + 1 + sign * np.where(slope < 0.0, -1, 1)
            for place, slope in ((row, down), (column, across))
        )
        slanted = roomy[image, to_row, to_column]
        straight = np.where(
            tall >= wide, roomy[image, to_row, column + 1], roomy[image, row + 1, to_column]
        )
        # Equal slopes are equal whatever the last digit.
        crest &= part * slanted + (1.0 - part) * straight <= steep * (1.0 + _EQUAL)
    return crest
