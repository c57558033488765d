"""Measured on a drawn digit: how much ink, how long and thick a stroke, how leant, wide and high.

The measurements follow Morpho-MNIST (Castro et al. 2019) in spirit, and add holes. All but the
ink are those of one shape: where the image, interpolated to four times its size, is above half of
its own maximum. Faint noise therefore changes nothing but the ink.
"""

import numpy as np
import pandas as pd
import torch
from jaxtyping import Bool, Float, Float64
from scipy.ndimage import distance_transform_edt, label
from torch import Tensor
from torch.nn.functional import interpolate, pad

from capsprobe.data.move import place
from capsprobe.data.overlay import boxes
from capsprobe.data.strokes import STACK, lengths, thinned
from capsprobe.data.warp import ink
from capsprobe.shapes import IMAGES

FACTORS = ("area", "length", "thickness", "slant", "width", "height", "holes")
FINE = 4
"""Pixels of the interpolated image to one of the image, each way."""

_EDGE = 0.5
# A faint stroke closes a loop too: at one half, most zeros of `digits` are open.
_CLOSED = 0.4
# Holes smaller than this, in pixels of the image, are dents between strokes that touch.
_SMALLEST_HOLE = 0.5
_AT_ONCE = 4_000_000
# Neighbours that share a side belong together, but never those in another image.
_TOGETHER = np.zeros((3, 3, 3), dtype=bool)
_TOGETHER[1] = [[False, True, False], [True, True, True], [False, True, False]]


def factors(images: Float[Tensor, IMAGES]) -> pd.DataFrame:
    """Return one row of measurements an image, columns FACTORS; a blank image has zeros.

    `area` is the sum of ink, `length` that of the skeleton, `thickness` twice the mean distance
    from the skeleton to the edge, all in pixels. `slant` is atan(-mu_11 / mu_02) in degrees,
    positive to the right: as much as a shear by its tangent brings about. `height` is the
    shape's, and `width` is the shape's after the slant was taken out, in fractions of pixels.
    `holes` counts what ink above 0.4 of the maximum encloses. Channels are averaged.
    """
    grey = images.double().mean(dim=1, keepdim=True)
    close = _close(grey)
    count = max(1, _AT_ONCE // (FINE * close.shape[-1]) ** 2)
    parts = [_measured(part) for part in close.split(count)]
    table = pd.DataFrame({name: np.concatenate([p[name] for p in parts]) for name in FACTORS[1:]})
    table.insert(0, FACTORS[0], ink(grey).numpy())
    return table


def _close(grey: Float64[Tensor, IMAGES]) -> Float64[Tensor, "images 1 canvas canvas"]:
    """Return images over their maximum, each with its shape and a rim in the upper left corner.

    So nothing depends on where the digit is, or on how much room it has; and it is faster.
    """
    peak = grey.amax(dim=(1, 2, 3), keepdim=True)
    scaled = torch.where(peak > 0.0, grey / peak, 0.0)
    # Interpolation lifts nothing that is a pixel or more away from what reached the height before.
    box = boxes((scaled >= _CLOSED).double())
    canvas = int((box[:, 1::2] - box[:, 0::2]).max()) + 2
    return place(pad(scaled, (1, 1, 1, 1)), canvas=canvas, rows=-box[:, 0], columns=-box[:, 2])


def _measured(close: Float64[Tensor, "images 1 canvas canvas"]) -> dict[str, np.ndarray]:
    """Return all factors but the area, of images over their maximum."""
    fine = interpolate(close, scale_factor=FINE, mode="bilinear")[:, 0].numpy()
    shapes = fine > _EDGE
    skeletons = thinned(shapes)
    lean = _lean(shapes)
    return {
        "length": lengths(skeletons) / FINE,
        "thickness": _thickness(shapes, skeletons) / FINE,
        "slant": np.rad2deg(np.arctan(lean)),
        "width": _extent(fine, lean) / FINE,
        "height": _extent(fine.swapaxes(1, 2), np.zeros(len(fine))) / FINE,
        "holes": _holes(fine > _CLOSED),
    }


def _thickness(
    shapes: Bool[np.ndarray, STACK], skeletons: Bool[np.ndarray, STACK]
) -> Float64[np.ndarray, " images"]:
    pairs = zip(shapes, skeletons, strict=True)
    within = [distance_transform_edt(shape)[line] for shape, line in pairs]
    return np.array([2.0 * far.mean() if len(far) else 0.0 for far in within])


def _lean(shapes: Bool[np.ndarray, STACK]) -> Float64[np.ndarray, " images"]:
    """Return -mu_11 / mu_02 by central moments, rows counted downwards; zero for a flat line."""
    row, column = (np.arange(size, dtype=np.float64) for size in shapes.shape[1:])
    whole = np.maximum(shapes.sum(axis=(1, 2)), 1)[:, None]
    tall, wide = shapes.sum(axis=2), shapes.sum(axis=1)
    down = row - tall @ row[:, None] / whole
    across = column - wide @ column[:, None] / whole
    mixed = np.einsum("brc,br,bc->b", shapes, down, across, optimize=True)
    high = (tall * down**2).sum(axis=1)
    return 0.0 - mixed / np.where(high > 0.0, high, np.inf)


def _extent(
    fine: Float64[np.ndarray, STACK], lean: Float64[np.ndarray, " images"]
) -> Float64[np.ndarray, " images"]:
    """Return how far the shape reaches along its rows once each row is pushed back by the lean.

    Each row begins and ends where the interpolated image passes one half, between two pixels.
    """
    back = lean[:, None] * np.arange(fine.shape[1])
    covered = np.any(fine > _EDGE, axis=2)
    first = np.where(covered, _crossing(fine) + back, np.inf).min(axis=1)
    mirrored = fine.shape[2] - 1 - _crossing(fine[:, :, ::-1])
    last = np.where(covered, mirrored + back, -np.inf).max(axis=1)
    return np.where(np.any(covered, axis=1), last - first, 0.0)


def _crossing(fine: Float64[np.ndarray, STACK]) -> Float64[np.ndarray, "images height"]:
    """Return where each row first passes one half; a row that never does has no meaning."""
    inside = (fine > _EDGE).argmax(axis=2)[:, :, None]
    after = np.take_along_axis(fine, inside, axis=2)
    before = np.take_along_axis(fine, np.maximum(inside - 1, 0), axis=2)
    step = np.where(after > before, after - before, 1.0)
    return (inside - (after - _EDGE) / step)[:, :, 0]


def _holes(shapes: Bool[np.ndarray, STACK]) -> Float64[np.ndarray, " images"]:
    """Return how many pieces of background are enclosed, joined along sides only."""
    pieces, count = label(~shapes, _TOGETHER)
    sizes = np.bincount(pieces.ravel(), minlength=count + 1)
    # The rim belongs to the one piece around the shape.
    first = np.unique(pieces[:, 0, 0])
    enclosed = sizes >= _SMALLEST_HOLE * FINE**2
    enclosed[0] = False
    enclosed[first] = False
    image = np.zeros(count + 1, dtype=np.int64)
    image[pieces.ravel()] = np.repeat(np.arange(len(shapes)), shapes[0].size)
    return np.bincount(image[enclosed], minlength=len(shapes)).astype(np.float64)
