import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from capsprobe.data.corruptions.base import corruptions
from capsprobe.data.corruptions.blur import glass, motion, smooth
from capsprobe.data.digits import digits
from tests.oracles.corruptions import smeared, swapped


def stack(count: int = 3) -> np.ndarray:
    return digits("test").limit(count).images[:, 0].numpy()


def generators(count: int = 3) -> list[np.random.Generator]:
    return [np.random.default_rng(number) for number in range(count)]


@pytest.mark.parametrize("severity", [1, 3, 5])
def test_glass_swaps_as_a_loop_over_pixels_does(severity: int) -> None:
    at = corruptions["blur/glass"].at(severity)
    found = glass(stack(), generators(), **at)
    for image, rng, made in zip(stack(), generators(), found, strict=True):
        chance = rng.random((at["rounds"], 3, 28, 28))
        shuffled = swapped(
            gaussian_filter(image, at["sigma"], mode="nearest"), chance, reach=at["reach"]
        )
        expected = gaussian_filter(shuffled, at["sigma"], mode="nearest")
        np.testing.assert_allclose(made, expected, atol=1e-6)


def test_glass_only_moves_ink() -> None:
    found = glass(stack(), generators(), **corruptions["blur/glass"].at(1))
    assert found.sum(axis=(1, 2)) == pytest.approx(stack().sum(axis=(1, 2)), rel=1e-4)


@pytest.mark.parametrize("severity", [1, 2, 5])
def test_motion_is_the_mean_along_a_line(severity: int) -> None:
    at = corruptions["blur/motion"].at(severity)
    found = motion(stack(), generators(), **at)
    for image, rng, made in zip(stack(), generators(), found, strict=True):
        expected = smeared(image, degrees=90.0 * rng.random() - 45.0, **at)
        np.testing.assert_allclose(made, expected, atol=1e-6)


def test_a_dot_becomes_a_line_that_fades_to_the_left() -> None:
    dot = np.zeros((1, 41, 41), dtype=np.float32)
    dot[0, 20, 38] = 1.0
    made = motion(dot, generators(1), radius=10, sigma=3.0)[0]
    assert made.sum() == pytest.approx(1.0, abs=1e-5)
    along = made.sum(axis=0)
    assert np.argmax(along) == 38
    assert (np.diff(along[20:39]) >= 0.0).all()
    assert not along[39:].any()


def test_smoothing_keeps_images_apart() -> None:
    images = stack()
    images[1] = 0.0
    assert not smooth(images, 2.0)[1].any()
