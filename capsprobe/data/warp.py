"""Affine maps of images: rotation, shear, scale and translation about the middle of the canvas.

Equal to `scipy.ndimage.affine_transform` of first order, but for a whole batch at once, and on a
canvas of any size, so that nothing has to be cropped.
"""

import numpy as np
import torch
from jaxtyping import Float, Float64, Int64
from torch import Tensor
from torch.nn.functional import pad

from capsprobe.data.move import place
from capsprobe.data.overlay import boxes
from capsprobe.shapes import IMAGES, PLACED

Values = float | Float64[np.ndarray, " images"]
_CHUNK = 256


def linear_maps(
    count: int,
    *,
    rotation: Values = 0.0,
    shear: Values = 0.0,
    scale_x: Values = 1.0,
    scale_y: Values = 1.0,
) -> Float64[Tensor, "images 2 2"]:
    """Return forward maps of (row, column): scale first, then shear, then rotation.

    Seen with x to the right and y upwards, they are [[cos, -sin], [sin, cos]] [[1, shear], [0, 1]]
    diag(scale_x, scale_y): a positive rotation (in degrees) turns against the clock, a positive
    shear leans to the right. Each argument is one number, or one an image.
    """
    turn = np.deg2rad(_each(rotation, count))
    lean, wide, high = _each(shear, count), _each(scale_x, count), _each(scale_y, count)
    cos, sin = np.cos(turn), np.sin(turn)
    # Rows count downwards, so the signs of the mixed entries are turned.
    row = np.stack([high * (sin * lean + cos), -wide * sin], axis=1)
    column = np.stack([high * (sin - cos * lean), wide * cos], axis=1)
    return torch.from_numpy(np.stack([row, column], axis=1))


def warp(
    images: Float[Tensor, IMAGES],
    maps: Float64[Tensor, "images 2 2"],
    *,
    canvas: int,
    moves: Float64[Tensor, "images 2"] | None = None,
) -> Float[Tensor, PLACED]:
    """Return images under their maps, in the middle of a square canvas, then moved (row, column).

    Each pixel of the canvas reads the image at the place the inverse map sends it to, bilinear
    between four pixels; outside the image there are zeros. With the identity and whole-pixel
    moves the pixels are the very same numbers.
    """
    if moves is None:
        moves = torch.zeros(len(images), 2, dtype=torch.float64)
    ways = torch.cat([torch.linalg.inv(maps).flatten(1), moves], dim=1)
    distinct, group = torch.unique(ways, dim=0, return_inverse=True)
    if len(distinct) > len(images) // 4:
        parts = zip(images.split(_CHUNK), ways.split(_CHUNK), strict=True)
        return torch.cat([_read(*part, canvas=canvas) for part in parts])
    # Images that share a map share the places to read: a sweep has two maps for all images.
    warped = images.new_empty(*images.shape[:2], canvas, canvas)
    for number, way in enumerate(distinct):
        warped[group == number] = _read(images[group == number], way.unsqueeze(0), canvas=canvas)
    return warped


def warp_whole(
    images: Float[Tensor, IMAGES],
    maps: Float64[Tensor, "images 2 2"],
    *,
    canvas: int,
    moves: Float64[Tensor, "images 2"] | None = None,
) -> tuple[Float[Tensor, PLACED], Float64[Tensor, " images"]]:
    """Return what `warp` does, and the fraction of each image's ink that the canvas cuts off.

    The fraction is measured on a canvas so much larger that all ink lies on it.
    """
    if moves is None:
        moves = torch.zeros(len(images), 2, dtype=torch.float64)
    large = _large(images, maps, moves, canvas=canvas)
    cropped = _middle(large, canvas)
    return cropped, _lost(cropped, large)


def warp_held(
    images: Float[Tensor, IMAGES],
    maps: Float64[Tensor, "images 2 2"],
    *,
    canvas: int,
    moves: Float64[Tensor, "images 2"] | None = None,
) -> tuple[Float[Tensor, PLACED], Float64[Tensor, " images"]]:
    """Return what `warp_whole` does, but ink that would be cut pulls its image back.

    The image is moved by as few whole pixels as keep all of it on the canvas. Ink is cut only
    where it is larger than the canvas.
    """
    if moves is None:
        moves = torch.zeros(len(images), 2, dtype=torch.float64)
    large = _large(images, maps, moves, canvas=canvas)
    held = _middle(large, canvas)
    ends, rim = boxes(large), (large.shape[-1] - canvas) // 2
    # Corners of a window on the large canvas: from low to high it holds all ink.
    low, high = ends[:, 1::2] - canvas, ends[:, 0::2]
    nearest = torch.full_like(low, rim).minimum(high).maximum(low)
    corner = torch.where(low <= high, nearest, (low + high) // 2)
    far = (corner != rim).any(dim=1)
    if bool(far.any()):
        held[far] = place(large[far], canvas=canvas, rows=-corner[far, 0], columns=-corner[far, 1])
    return held, _lost(held, large)


def ink(images: Float[Tensor, IMAGES]) -> Float64[Tensor, " images"]:
    """Return the sum of each image's pixels, in double precision."""
    return images.double().sum(dim=(1, 2, 3))


def _each(value: Values, count: int) -> Float64[np.ndarray, " images"]:
    return np.broadcast_to(np.asarray(value, dtype=np.float64), (count,))


def _lost(
    kept: Float[Tensor, PLACED], everything: Float[Tensor, IMAGES]
) -> Float64[Tensor, " images"]:
    whole = ink(everything)
    return (whole - ink(kept)) / whole.clamp(min=1e-12)


def _middle(large: Float[Tensor, IMAGES], canvas: int) -> Float[Tensor, PLACED]:
    rim = (large.shape[-1] - canvas) // 2
    return large[:, :, rim : rim + canvas, rim : rim + canvas].contiguous()


def _large(
    images: Float[Tensor, IMAGES],
    maps: Float64[Tensor, "images 2 2"],
    moves: Float64[Tensor, "images 2"],
    *,
    canvas: int,
) -> Float[Tensor, PLACED]:
    """Return warped images on a canvas with so wide a rim on each side that all ink lies on it."""
    rim = _rim(images, maps, moves, canvas=canvas)
    return warp(images, maps, canvas=canvas + 2 * rim, moves=moves)


def _rim(images: Tensor, maps: Tensor, moves: Tensor, *, canvas: int) -> int:
    """Return how far beyond the canvas the ink of any image may reach, in whole pixels."""
    rows = (images > 0.0).any(dim=0).any(dim=0).nonzero()
    if len(rows) == 0:
        return 0
    height, width = images.shape[-2:]
    middle = torch.tensor([(height - 1) / 2, (width - 1) / 2], dtype=torch.float64)
    # One pixel more: bilinear reading spreads a pixel's ink up to its neighbours.
    low, high = rows.amin(dim=0).double() - 1.0, rows.amax(dim=0).double() + 1.0
    corners = torch.stack(
        [torch.stack([r, c]) for r in (low[0], high[0]) for c in (low[1], high[1])]
    )
    reached = (corners - middle) @ maps.transpose(1, 2) + moves.unsqueeze(1)
    return max(0, int(torch.ceil(reached.abs().max() - (canvas - 1) / 2)))


def _read(
    images: Float[Tensor, IMAGES], ways: Float64[Tensor, "ways 6"], *, canvas: int
) -> Float[Tensor, PLACED]:
    """Return what the canvas reads from each image: one way (inverse map, move) each, or for all.

    The grids have the axes (ways, rows, columns).
    """
    height, width = images.shape[-2:]
    axis = torch.arange(canvas, dtype=torch.float64) - (canvas - 1) / 2
    entry = ways.unsqueeze(-1).unsqueeze(-1)
    row, column = axis.unsqueeze(1) - entry[:, 4], axis - entry[:, 5]
    from_row = entry[:, 0] * row + entry[:, 1] * column + (height - 1) / 2
    from_column = entry[:, 2] * row + entry[:, 3] * column + (width - 1) / 2
    top, down = _split(from_row, height)
    left, across = _split(from_column, width)
    padded = pad(images, (1, 2, 1, 2))
    start = top * padded.shape[-1] + left
    return _mix(padded, start, down.unsqueeze(1), across.unsqueeze(1))


def _split(
    position: Float64[Tensor, "ways rows columns"], length: int
) -> tuple[Int64[Tensor, "ways rows columns"], Float[Tensor, "ways rows columns"]]:
    """Return the pixel before a position, counted in the padded image, and the rest of the way.

    Positions outside read the padding, which is zero.
    """
    inside = position.clamp(-1.0, float(length))
    before = inside.floor()
    return before.long() + 1, (inside - before).float()


def _mix(
    padded: Float[Tensor, IMAGES],
    start: Int64[Tensor, "ways rows columns"],
    down: Float[Tensor, "ways 1 rows columns"],
    across: Float[Tensor, "ways 1 rows columns"],
) -> Float[Tensor, PLACED]:
    width = padded.shape[-1]
    first, second, third, fourth = (
        _pixels(padded.flatten(2), start + step) for step in (0, 1, width, width + 1)
    )
    upper = torch.lerp(first, second, across)
    lower = torch.lerp(third, fourth, across)
    return torch.lerp(upper, lower, down)


def _pixels(
    flat: Float[Tensor, "images channels pixels"], places: Int64[Tensor, "ways rows columns"]
) -> Float[Tensor, "images channels rows columns"]:
    if len(places) == 1:
        shared = flat.flatten(0, 1).index_select(1, places.flatten())
        return shared.view(*flat.shape[:2], *places.shape[1:])
    each = places.flatten(1).unsqueeze(1).expand(-1, flat.shape[1], -1)
    return flat.gather(2, each).unflatten(2, places.shape[1:])
