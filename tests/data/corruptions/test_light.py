import numpy as np
import pytest
import torch

from capsprobe.data.corruptions.base import corrupt
from capsprobe.data.corruptions.light import fog, landscape
from capsprobe.data.digits import digits
from tests.oracles import corruptions as oracle

IMAGES = digits("test").limit(5)


@pytest.mark.parametrize("severity", range(1, 6))
def test_brightness_adds_a_tenth_a_step_and_clips(severity: int) -> None:
    made = corrupt(IMAGES, kind="light/brightness", severity=severity, seed=0).images
    torch.testing.assert_close(made, (IMAGES.images + severity / 10.0).clamp(max=1.0))


def test_stripes_of_mnist_c_are_seven_pixels_wide() -> None:
    made = corrupt(IMAGES, kind="light/stripe", severity=4, seed=0).images
    expected = IMAGES.images.clone()
    for columns in (slice(0, 7), slice(21, 28)):
        expected[..., columns] = 1.0 - expected[..., columns]
    torch.testing.assert_close(made, expected)


@pytest.mark.parametrize("decay", [2.0, 1.4])
def test_a_landscape_is_that_of_a_loop_over_pixels(decay: float) -> None:
    found = landscape(np.random.default_rng(4), 28, decay)
    jitter = 2.0 * np.random.default_rng(4).random((256, 256), dtype=np.float32) - 1.0
    np.testing.assert_allclose(found, oracle.landscape(jitter, decay=decay), atol=1e-5)
    assert (found.min(), found.max()) == (0.0, 1.0)


def test_a_landscape_is_larger_than_any_canvas() -> None:
    assert landscape(np.random.default_rng(0), 300, 2.0).shape == (512, 512)


def test_less_decay_makes_it_rougher() -> None:
    rough, even = (
        np.abs(np.diff(landscape(np.random.default_rng(1), 28, decay)[:28, :28])).mean()
        for decay in (1.4, 2.0)
    )
    assert rough > even


def test_fog_over_a_white_image_is_the_clouds_at_full_height() -> None:
    white = np.ones((1, 28, 28), dtype=np.float32)
    made = fog(white, [np.random.default_rng(2)], thickness=3.0, decay=1.4)[0]
    clouds = landscape(np.random.default_rng(2), 28, 1.4)[:28, :28]
    np.testing.assert_allclose(made, (1.0 + 3.0 * clouds) / 4.0, atol=1e-6)
