"""Maps about the middle of the canvas, against SciPy's affine transformation."""

import math

import numpy as np
import pytest
import torch
from scipy.ndimage import affine_transform, center_of_mass

from capsprobe.data.corruptions.base import corrupt, corruptions
from capsprobe.data.corruptions.geometry import rotate, translate
from capsprobe.data.digits import digits

IMAGES = digits("test").limit(6)
MIDDLE = np.array([13.5, 13.5])
KINDS = ("geometry/rotate", "geometry/shear", "geometry/scale")


def inverse(kind: str, value: float, sign: float) -> np.ndarray:
    """Return where MNIST-C reads the pixel at (row, column), both from the middle."""
    sin, cos = math.sin(sign * value), math.cos(value)
    return {
        "geometry/rotate": np.array([[cos, sin], [-sin, cos]]),
        "geometry/shear": np.array([[cos, 0.0], [-sin, 1.0]]),
        "geometry/scale": np.eye(2) / value,
    }[kind]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("severity", [1, 2, 3, 5])
def test_pixels_are_read_where_mnist_c_reads_them(kind: str, severity: int) -> None:
    (value,) = corruptions[kind].at(severity).values()
    made = corrupt(IMAGES, kind=kind, severity=severity, seed=0).images[:, 0].numpy()
    seen = set()
    for image, found in zip(IMAGES.images[:, 0].double().numpy(), made, strict=True):
        apart = {}
        for sign in (-1.0, 1.0):
            matrix = inverse(kind, value, sign)
            # SciPy cuts what lies between the last pixel and the padding; a rim lets it fade out.
            rim = np.pad(image, 2)
            offset = MIDDLE + 2.0 - matrix @ MIDDLE
            expected = affine_transform(rim, matrix, offset, output_shape=image.shape, order=1)
            apart[sign] = np.abs(found - expected).max()
        best = min(apart, key=lambda sign: apart[sign])
        seen.add(best)
        assert apart[best] < 1e-5
    assert seen == ({-1.0} if kind == "geometry/scale" else {-1.0, 1.0})


def test_a_quarter_turn_is_that_of_numpy() -> None:
    stack = IMAGES.images[:, 0].numpy()
    turned = rotate(stack, [np.random.default_rng(0) for _ in stack], radians=math.pi / 2.0)
    ways = [np.rot90(stack, count, axes=(1, 2)) for count in (1, -1)]
    assert min(np.abs(turned - way).max() for way in ways) < 1e-5


@pytest.mark.parametrize("severity", [1, 2, 3, 4])
def test_translation_moves_the_centre_of_ink_by_so_many_pixels_both_ways(severity: int) -> None:
    made = corrupt(IMAGES, kind="geometry/translate", severity=severity, seed=0).images
    moved = [
        np.subtract(center_of_mass(after), center_of_mass(before))
        for before, after in zip(IMAGES.images[:, 0].numpy(), made[:, 0].numpy(), strict=True)
    ]
    assert np.abs(moved) == pytest.approx(np.full((6, 2), float(severity)), abs=1e-3)
    assert len({tuple(np.sign(way)) for way in moved}) > 1


def test_what_leaves_the_canvas_is_cut() -> None:
    ink = np.zeros((1, 28, 28), dtype=np.float32)
    ink[0, 0, 0] = ink[0, 27, 27] = ink[0, 0, 27] = ink[0, 27, 0] = 1.0
    made = translate(ink, [np.random.default_rng(0)], pixels=3)
    assert made.sum() == 1.0


def test_a_curve_keeps_its_direction() -> None:
    one, two = (
        corrupt(IMAGES, kind="geometry/translate", severity=severity, seed=0).images
        for severity in (1, 2)
    )
    again = torch.stack(
        [
            torch.roll(image, tuple(_way(before, image)), dims=(1, 2))
            for before, image in zip(IMAGES.images, one, strict=True)
        ]
    )
    assert torch.equal(again, two)


def _way(before: torch.Tensor, after: torch.Tensor) -> list[int]:
    centres = [center_of_mass(image[0].numpy()) for image in (before, after)]
    return [round(float(step)) for step in np.subtract(centres[1], centres[0])]
