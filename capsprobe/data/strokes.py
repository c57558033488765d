"""Shapes thinned to lines of one pixel, and how long those lines are, for a whole stack at once.

Thinning is algorithm A1 of Guo and Hall 1989 (Parallel thinning with two-subiteration
algorithms): unlike Zhang and Suen's it never lets a square of two by two pixels vanish.
"""

import numpy as np
from jaxtyping import Bool, Float64, Int64, UInt8

STACK = "images height width"

# Clockwise from the neighbour above, (row, column); even ones share a side, odd ones a corner.
_AROUND = ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))
_RINGS = (np.arange(256)[:, None] >> np.arange(8)) % 2 == 1
# Weights of steps along sides, along diagonals, and of corners between both (Vossepoel and
# Smeulders 1982): lengths that come out right on average over all directions of a line.
_STRAIGHT, _DIAGONAL, _CORNER = 0.980, 1.406, -0.091


def thinned(shapes: Bool[np.ndarray, STACK]) -> Bool[np.ndarray, STACK]:
    """Return the skeleton of each shape: lines of one pixel, as connected as the shape was.

    A stroke's free end recedes by about half of its thickness.
    """
    roomy, steps = _roomy(shapes)
    flat = roomy.reshape(-1)
    places, before = np.flatnonzero(flat), -1
    while len(places) != before:
        before = len(places)
        for may_go in _MAY_GO:
            goes = may_go[_codes(flat, places, steps)]
            flat[places[goes]] = 0
            places = places[~goes]
    return roomy[:, 1:-1, 1:-1] > 0


def lengths(skeletons: Bool[np.ndarray, STACK]) -> Float64[np.ndarray, " images"]:
    """Return the length of each image's lines in pixels, from middle to middle of their ends."""
    roomy, steps = _roomy(skeletons)
    flat = roomy.reshape(-1)
    places = np.flatnonzero(flat)
    image = places // roomy[0].size
    each = _LENGTH[_codes(flat, places, steps)]
    return np.bincount(image, weights=each, minlength=len(skeletons)).astype(np.float64)


def _roomy(
    shapes: Bool[np.ndarray, STACK],
) -> tuple[UInt8[np.ndarray, "images tall wide"], list[int]]:
    """Return shapes within a rim, so that every pixel has eight neighbours, and the way to them."""
    roomy = np.pad(shapes, ((0, 0), (1, 1), (1, 1))).astype(np.uint8)
    return roomy, [row * roomy.shape[2] + column for row, column in _AROUND]


def _codes(
    flat: UInt8[np.ndarray, " pixels"], places: Int64[np.ndarray, " places"], steps: list[int]
) -> UInt8[np.ndarray, " places"]:
    """Return which neighbours of each place are set, one bit each."""
    codes = np.zeros(len(places), dtype=np.uint8)
    for bit, step in enumerate(steps):
        codes |= flat[places + step] << np.uint8(bit)
    return codes


def _deletable(turn: int) -> Bool[np.ndarray, " codes"]:
    """Return for each ring of neighbours whether its middle may go, peeling from one side.

    One connected run of neighbours (C = 1), two or three of them when counted in pairs
    (2 <= N <= 3), and the side's own condition; `turn` 4 is the opposite side.
    """
    ring = _RINGS.T
    sides = range(0, 8, 2)
    runs = sum((~ring[k] & (ring[k + 1] | ring[(k + 2) % 8])).astype(int) for k in sides)
    pairs = np.minimum(
        sum((ring[k - 1] | ring[k]).astype(int) for k in sides),
        sum((ring[k] | ring[k + 1]).astype(int) for k in sides),
    )
    up, up_right, right, down_right = (ring[(k + turn) % 8] for k in range(4))
    inside = (up | up_right | ~down_right) & right
    return (runs == 1) & (pairs >= 2) & (pairs <= 3) & ~inside


def _share() -> Float64[np.ndarray, " codes"]:
    """Return the length that belongs to a pixel of a line: half of each step to a neighbour.

    A diagonal step counts only where no two steps along sides lead there.
    """
    bridged = np.roll(_RINGS, 1, axis=1) | np.roll(_RINGS, -1, axis=1)
    straight = _RINGS[:, 0::2].sum(axis=1)
    diagonal = (_RINGS & ~bridged)[:, 1::2].sum(axis=1)
    turns = (straight == 1) & (diagonal == 1)
    return _STRAIGHT / 2 * straight + _DIAGONAL / 2 * diagonal + _CORNER * turns


_MAY_GO = (_deletable(0), _deletable(4))
_LENGTH = _share()
