"""Thinning keeps how a shape hangs together, and lengths of drawn lines are theirs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import binary_erosion, gaussian_filter, label

from capsprobe.data.strokes import lengths, thinned

EIGHT = np.ones((3, 3), dtype=bool)


def blots(seed: int) -> np.ndarray:
    """Return three random shapes with pieces and holes of many sizes, some at the rim."""
    noise = np.random.default_rng(seed).normal(size=(3, 30, 30))
    return gaussian_filter(noise, (0.0, 1.5, 1.5)) > 0.02


def pieces(shape: np.ndarray) -> tuple[int, int]:
    """Return how many pieces of ink there are and how many of background, by SciPy."""
    return label(shape, EIGHT)[1], label(np.pad(~shape, 1, constant_values=True))[1]


def goes(shape: np.ndarray, row: int, column: int, *, second: bool) -> bool:
    """Return whether Guo and Hall's A1 deletes a pixel; p1 to p8 run from the upper left."""
    p1, p2, p3, p8, _, p4, p7, p6, p5 = shape[row - 1 : row + 2, column - 1 : column + 2].flat
    c = sum(
        (not a) and (b or d) for a, b, d in ((p2, p3, p4), (p4, p5, p6), (p6, p7, p8), (p8, p1, p2))
    )
    n1 = (p1 or p2) + (p3 or p4) + (p5 or p6) + (p7 or p8)
    n2 = (p2 or p3) + (p4 or p5) + (p6 or p7) + (p8 or p1)
    stays = (p6 or p7 or not p1) and p8 if second else (p2 or p3 or not p5) and p4
    return bool(c == 1 and 2 <= min(n1, n2) <= 3 and not stays)


def thinned_slowly(shape: np.ndarray) -> np.ndarray:
    shape, before = np.pad(shape, 1).astype(int), None
    while before is None or not np.array_equal(shape, before):
        before = shape.copy()
        for second in (False, True):
            inked = np.argwhere(shape)
            gone = [at for at in inked if goes(shape, *at, second=second)]
            for row, column in gone:
                shape[row, column] = 0
    return shape[1:-1, 1:-1] > 0


@given(st.integers(0, 10_000))
@settings(max_examples=10)
def test_thinning_equals_the_article_read_pixel_by_pixel(seed):
    shapes = blots(seed)
    expected = np.stack([thinned_slowly(shape) for shape in shapes])
    assert np.array_equal(thinned(shapes), expected)


@given(st.integers(0, 10_000))
def test_a_skeleton_has_the_pieces_and_the_holes_of_its_shape(seed):
    shapes = blots(seed)
    for shape, skeleton in zip(shapes, thinned(shapes), strict=True):
        assert pieces(skeleton) == pieces(shape)


@given(st.integers(0, 10_000))
def test_a_skeleton_is_thin_and_within_its_shape(seed):
    shapes = blots(seed)
    skeletons = thinned(shapes)
    assert not bool((skeletons & ~shapes).any())
    square = np.ones((1, 3, 3), dtype=bool)
    assert not bool(binary_erosion(skeletons, square).any())


@given(st.integers(0, 10_000))
def test_a_skeleton_cannot_be_thinned_further(seed):
    once = thinned(blots(seed))
    assert np.array_equal(thinned(once), once)


def test_a_shape_is_thinned_as_it_would_be_alone():
    shapes = blots(5)
    together = thinned(shapes)
    assert all(np.array_equal(together[[k]], thinned(shapes[[k]])) for k in range(3))


@pytest.mark.parametrize("side", [1, 2, 3, 4, 8])
def test_a_square_never_vanishes(side):
    shape = np.zeros((1, 12, 12), dtype=bool)
    shape[0, 2 : 2 + side, 2 : 2 + side] = True
    assert 1 <= thinned(shape).sum() <= 2


@pytest.mark.parametrize("degrees", np.arange(0.0, 180.0, 7.5))
def test_a_line_is_as_long_in_every_direction(degrees):
    angle, size = np.deg2rad(degrees), 121
    row, column = np.indices((size, size)) - size // 2
    along = column * np.cos(angle) + row * np.sin(angle)
    across = row * np.cos(angle) - column * np.sin(angle)
    line = thinned(((np.abs(across) <= 0.75) & (np.abs(along) <= 50.0))[None])
    assert lengths(line)[0] == pytest.approx(100.0, rel=0.03)


def test_a_circle_is_as_long_as_its_circumference():
    row, column = np.indices((101, 101)) - 50.0
    ring = np.abs(np.hypot(row, column) - 40.0) <= 4.0
    assert lengths(thinned(ring[None]))[0] == pytest.approx(80.0 * np.pi, rel=0.02)


def test_lengths_belong_to_their_images():
    lines = np.zeros((3, 9, 30), dtype=bool)
    lines[0, 4, 2:13] = True
    lines[2, 4, 2:23] = True
    assert lengths(lines) == pytest.approx([9.8, 0.0, 19.6])
