"""A digit's parts in wrong places: the parts test of whether a model minds how they are arranged.

The parts are the four quarters of the ink's bounding box, moved by whole pixels. Where two meet,
the larger value stays; that happens only where a box of an odd size fills the canvas from edge to
edge. Otherwise every pixel of ink keeps its value, and none is lost.
"""

from itertools import permutations

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor

from capsprobe.data.draws import draw_each, pick
from capsprobe.data.move import place
from capsprobe.data.overlay import boxes
from capsprobe.faults import UsageFault
from capsprobe.shapes import IMAGES

SYMMETRIC = (0, 1, 8)
"""Digits that stay themselves in a mirror, so that a model that still names them is right."""

Ids = Int64[Tensor, " images"] | None
CORNERS = "images quarters=4 axes=2"

# Upper left, upper right, lower left, lower right: the half of the rows and that of the columns.
_QUARTERS = torch.tensor([[0, 0], [0, 1], [1, 0], [1, 1]])
# Into which quarter's place each goes: never into its own.
_EXCHANGES = np.array([p for p in permutations(range(4)) if all(p[k] != k for k in range(4))])
# Along the rows, the columns, or both.
_WAYS = torch.tensor([[1, 0], [0, 1], [1, 1]])


def shuffled(
    images: Float[Tensor, IMAGES], rng: np.random.Generator, *, ids: Ids = None
) -> Float[Tensor, IMAGES]:
    """Return images whose quarters changed places, so that none is where it was.

    With `ids`, what is drawn for an image hangs on its id and not on its row.
    """
    goes = _exchanged(_draws(images, rng, ids, count=1)[:, 0])
    corners, tile = _corners(images)
    size = torch.tensor(images.shape[-2:])
    # A box of an odd size needs one row or column more, to either side.
    first = torch.minimum(corners[:, 0], size - 2 * tile).clamp(min=0)
    places = (first[:, None] + _QUARTERS * tile[:, None]).minimum((size - tile)[:, None])
    return _moved(images, _taken(places, goes) - corners)


def displaced(
    images: Float[Tensor, IMAGES], pixels: float, rng: np.random.Generator, *, ids: Ids = None
) -> Float[Tensor, IMAGES]:
    """Return images whose quarters went outwards by so many pixels, or as far as there is room.

    For each quarter it is drawn whether it goes along the rows, the columns or both, so they
    never meet. Zero pixels change nothing. For `ids` see `shuffled`.

    Raises
    ------
    UsageFault
        Where the pixels are not a whole number, or below zero.
    """
    if pixels < 0 or not float(pixels).is_integer():
        raise UsageFault(f"expected a whole number of pixels >= 0, got {pixels}")
    ways = _WAYS[torch.from_numpy(pick(_draws(images, rng, ids, count=4), len(_WAYS)))]
    ends, size = boxes(images), torch.tensor(images.shape[-2:])
    room = torch.where(_QUARTERS == 0, ends[:, None, 0::2], size - ends[:, None, 1::2])
    outward = 2 * _QUARTERS - 1
    return _moved(images, outward * (ways * int(pixels)).minimum(room))


def recombined(
    images: Float[Tensor, IMAGES], rng: np.random.Generator, *, ids: Ids = None
) -> Float[Tensor, IMAGES]:
    """Return images whose quarters lie anywhere on the canvas, all of them, apart and exchanged.

    The canvas is cut into two columns at random and each of these into two rows, all large
    enough; each quarter takes the field of another, at a random place. For `ids` see `shuffled`.
    """
    draws = _draws(images, rng, ids, count=12)
    corners, tile = _corners(images)
    cuts, spots = draws[:, 1:4], draws[:, 4:].reshape(-1, 4, 2)
    places = _scattered(cuts, spots, tile=tile, size=torch.tensor(images.shape[-2:]))
    return _moved(images, _taken(places, _exchanged(draws[:, 0])) - corners)


def mirrored(images: Float[Tensor, IMAGES]) -> Float[Tensor, IMAGES]:
    """Return images with left and right exchanged."""
    return images.flip(-1)


def blanked_seam(images: Float[Tensor, IMAGES]) -> Float[Tensor, IMAGES]:
    """Return images without the row and the column behind the cuts: what the seam alone does."""
    behind = _corners(images)[0][:, 3]
    row, column = (torch.arange(length) for length in images.shape[-2:])
    seam = (row == behind[:, :1])[:, None, :, None] | (column == behind[:, 1:])[:, None, None, :]
    return images.masked_fill(seam, 0.0)


def _draws(
    images: Tensor, rng: np.random.Generator, ids: Ids, *, count: int
) -> Float[np.ndarray, "images count"]:
    return draw_each(rng, torch.arange(len(images)) if ids is None else ids, count=count)


def _exchanged(uniform: Float[np.ndarray, " images"]) -> Int64[Tensor, "images quarters=4"]:
    return torch.from_numpy(_EXCHANGES[pick(uniform, len(_EXCHANGES))])


def _corners(
    images: Float[Tensor, IMAGES],
) -> tuple[Int64[Tensor, CORNERS], Int64[Tensor, "images axes=2"]]:
    """Return each quarter's upper left corner, and the size that holds any of an image's four."""
    ends = boxes(images)
    tile = (ends[:, 1::2] - ends[:, 0::2] + 1) // 2
    return ends[:, None, 0::2] + _QUARTERS * tile[:, None], tile


def _taken(
    places: Int64[Tensor, CORNERS], goes: Int64[Tensor, "images quarters=4"]
) -> Int64[Tensor, CORNERS]:
    return places[torch.arange(len(goes))[:, None], goes]


def _scattered(
    cuts: Float[np.ndarray, "images cuts=3"],
    spots: Float[np.ndarray, CORNERS],
    *,
    tile: Int64[Tensor, "images axes=2"],
    size: Int64[Tensor, " axes=2"],
) -> Int64[Tensor, CORNERS]:
    """Return a random corner in each of four fields that do not meet."""
    slack = (size - 2 * tile).clamp(min=0)
    # The rows are cut twice, left and right of where the columns are.
    cut = tile[:, [0, 0, 1]] + torch.from_numpy(pick(cuts, slack[:, [0, 0, 1]].numpy() + 1))
    cut = torch.stack([cut[:, [0, 1, 0, 1]], cut[:, [2, 2, 2, 2]]], dim=2)
    last = (size - tile)[:, None]
    low = torch.where(_QUARTERS == 0, 0, cut).minimum(last)
    high = torch.where(_QUARTERS == 0, cut - tile[:, None], last)
    return low + torch.from_numpy(pick(spots, (high - low).numpy() + 1))


def _moved(images: Float[Tensor, IMAGES], moves: Int64[Tensor, CORNERS]) -> Float[Tensor, IMAGES]:
    """Return images with each quarter moved by (rows, columns)."""
    height, width = images.shape[-2:]
    behind = _corners(images)[0][:, 3]
    row = (torch.arange(height) >= behind[:, :1])[:, None, :, None]
    column = (torch.arange(width) >= behind[:, 1:])[:, None, None, :]
    whole = torch.zeros_like(images)
    for quarter, (lower, right) in enumerate(_QUARTERS.bool()):
        part = torch.where((row == lower) & (column == right), images, 0.0)
        down, across = moves[:, quarter].unbind(dim=1)
        put = place(part, canvas=max(height, width), rows=down, columns=across)
        whole = torch.maximum(whole, put[:, :, :height, :width])
    return whole
