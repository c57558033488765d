"""Clutter: mud over the digit, and lines through it."""

import numpy as np
from jaxtyping import Float

from capsprobe.data.corruptions.base import STACK, Draws, corruption, steps, uniform
from capsprobe.data.corruptions.blur import smooth

_MUD = 63.0 / 255.0
# Half the width and half the length of a zigzag's tooth, and how far its ends are off the rim.
_TOOTH, _RIM = 2.0, 2.0
_TILT = 5
Point = tuple[float, float]


@corruption(
    "clutter/spatter",
    published=4,
    mean=(0.65, 0.65, 0.65, 0.65, 0.67),
    deviation=(0.3, 0.3, 0.3, 0.3, 0.4),
    sigma=(4.0, 3.0, 2.0, 1.0, 1.0),
    threshold=(0.69, 0.68, 0.68, 0.65, 0.65),
    soften=(0.6, 0.6, 0.5, 1.5, 1.5),
)
def spatter(
    images: Float[np.ndarray, STACK],
    draws: Draws,
    *,
    mean: float,
    deviation: float,
    sigma: float,
    threshold: float,
    soften: float,
) -> Float[np.ndarray, STACK]:
    """Put dark grey mud wherever smoothed noise is above a threshold, thin rims left out."""
    noise = np.stack([rng.standard_normal(images.shape[1:]) for rng in draws])
    wet = smooth(mean + deviation * noise, sigma) > threshold
    mud = smooth(wet.astype(np.float64), soften)
    mud[mud < 0.8] = 0.0
    return images * (1.0 - mud) + _MUD * mud


@corruption("clutter/dotted-line", published=3, reach=steps(2.3, published=3))
def dotted_line(
    images: Float[np.ndarray, STACK], draws: Draws, *, reach: float
) -> Float[np.ndarray, STACK]:
    """Draw a straight white line from left to right, two columns on, two off.

    It fades out over `reach` pixels; see `stroke`.
    """
    side = images.shape[-1]
    starts, ends = np.floor((side - 1) * uniform(draws, 2)).T
    lines = [
        stroke(side, (0.0, float(start)), (side - 1.0, float(end)), reach)
        for start, end in zip(starts, ends, strict=True)
    ]
    return images + np.stack(lines) * (np.arange(side) // 2 % 2)


@corruption("clutter/zigzag", published=3, reach=steps(2.3, published=3))
def zigzag(
    images: Float[np.ndarray, STACK], draws: Draws, *, reach: float
) -> Float[np.ndarray, STACK]:
    """Draw a white zigzag from left to right, teeth two pixels high, slightly tilted.

    It fades out over `reach` pixels; see `stroke`. Here it ends on its axis.
    """
    side = images.shape[-1]
    first, tilt = uniform(draws, 2).T
    rows = np.floor((side - 1) * first)
    ends = rows + np.floor(2 * _TILT * tilt) - _TILT
    drawn = [
        _through(side, corners((_RIM, float(row)), (side - 1.0 - _RIM, float(end))), reach)
        for row, end in zip(rows, ends, strict=True)
    ]
    return images + np.stack(drawn)


def stroke(side: int, start: Point, end: Point, reach: float) -> Float[np.ndarray, "side side"]:
    """Return the brightness of a line between two points (column, row), the left one first.

    1 + log(1 - d / reach), from 0 to 1, for a pixel d above or below the line.
    """
    column = np.arange(side)
    middle = start[1] + (end[1] - start[1]) / (end[0] - start[0]) * (column - start[0])
    apart = np.abs(column[:, None] - middle) / reach
    bright = np.clip(1.0 + np.log(1.0 - np.minimum(apart, 0.999)), 0.0, 1.0)
    return bright * ((column >= np.floor(start[0])) & (column < np.ceil(end[0])))


def corners(start: Point, end: Point) -> list[Point]:
    """Return the points of a zigzag around the line between two points (column, row)."""
    way = np.array(end) - np.array(start)
    length = float(np.hypot(*way))
    along, aside = way / length, np.array([-way[1], way[0]]) / length
    count = int((length - _TOOTH) // (2.0 * _TOOTH)) + 1
    far = [0.0, *(_TOOTH * (2 * tooth + 1) for tooth in range(count)), length]
    off = [0.0, *(_TOOTH * (-1) ** tooth for tooth in range(count)), 0.0]
    points = np.array(start) + np.outer(far, along) + np.outer(off, aside)
    return [(float(column), float(row)) for column, row in points]


def _through(side: int, points: list[Point], reach: float) -> Float[np.ndarray, "side side"]:
    lines = [
        stroke(side, a, b, reach) for a, b in zip(points, points[1:], strict=False) if b[0] > a[0]
    ]
    return np.sum(lines, axis=0)
