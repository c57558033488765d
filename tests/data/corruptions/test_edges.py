import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter, sobel

from capsprobe.data.corruptions.base import corrupt
from capsprobe.data.corruptions.edges import HIGH, LOW, SIGMA, edges
from capsprobe.data.digits import digits
from tests.oracles.corruptions import canny

IMAGES = digits("test").limit(12)


def test_edges_are_those_of_a_loop_over_pixels() -> None:
    stack = IMAGES.images[:, 0].double().numpy()
    for image, found in zip(stack, edges(stack), strict=True):
        # Ink stays away from the rim, so that black goes on beyond it.
        smooth = gaussian_filter(image, SIGMA, mode="constant")
        expected = canny(sobel(smooth, axis=0), sobel(smooth, axis=1), low=LOW, high=HIGH)
        inner = np.s_[5:-5, 5:-5]
        np.testing.assert_array_equal(found[inner], expected[inner])


def test_a_square_has_its_outline_and_nothing_else() -> None:
    square = np.zeros((1, 28, 28))
    square[0, 8:20, 8:20] = 1.0
    (found,) = edges(square)
    # The step lies between two pixels that are equally steep.
    assert np.flatnonzero(found[14]).tolist() == [7, 8, 19, 20]
    assert not found[10:18, 10:18].any()
    assert not found[:6].any()
    assert np.array_equal(found, found.T)


def test_a_faint_image_has_no_edges_and_a_flat_one_neither() -> None:
    faint = np.zeros((2, 28, 28))
    faint[0, 8:20, 8:20] = 0.01
    faint[1] = 0.5
    assert not edges(faint).any()


def test_a_faint_edge_counts_where_it_goes_on_from_a_strong_one() -> None:
    # A bar that fades out: its faint end is below HIGH and above LOW.
    bar = np.zeros((2, 28, 28))
    bar[0, 12:16, 4:24] = np.linspace(1.0, 0.05, 20)
    bar[1, 12:16, 14:24] = np.linspace(1.0, 0.05, 20)[10:] * 0.08
    whole, faint = edges(bar)
    assert whole[:, 18:].any()
    assert not faint.any()


def test_mnist_c_has_edges_alone_and_less_is_a_mixture() -> None:
    alone = corrupt(IMAGES, kind="edges/canny", severity=5, seed=0).images
    assert set(alone.unique().tolist()) == {0.0, 1.0}
    half = corrupt(IMAGES, kind="edges/canny", severity=3, seed=0).images
    torch.testing.assert_close(half, 0.5 * (IMAGES.images + alone))


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 0, 1]])
def test_pieces_never_reach_into_another_image(order: list[int]) -> None:
    stack = IMAGES.images[:3, 0].numpy()
    np.testing.assert_array_equal(edges(stack[order]), edges(stack)[order])
