"""What must hold of every kind that is registered."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from capsprobe.data.corruptions.base import LARGEST, corrupt, corruptions
from capsprobe.data.digits import digits
from capsprobe.data.images import ImageSet
from capsprobe.data.move import centre

KINDS = list(corruptions)
# What happens to no pixel by chance.
CERTAIN = {"edges/canny", "geometry/scale", "light/brightness", "light/stripe"}


@pytest.fixture(scope="module")
def images() -> ImageSet:
    return digits("test").limit(24)


def spoilt(images: ImageSet, kind: str, severity: int, seed: int = 3) -> torch.Tensor:
    return corrupt(images, kind=kind, severity=severity, seed=seed).images


def test_there_are_the_fifteen_kinds_of_mnist_c() -> None:
    assert [name.partition("/")[2] for name in KINDS] == [
        "glass",
        "motion",
        "dotted-line",
        "spatter",
        "zigzag",
        "canny",
        "rotate",
        "scale",
        "shear",
        "translate",
        "brightness",
        "fog",
        "stripe",
        "impulse",
        "shot",
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_severity_zero_is_the_identity(kind: str, images: ImageSet) -> None:
    assert torch.equal(spoilt(images, kind, 0), images.images)


@pytest.mark.parametrize("kind", KINDS)
def test_more_severity_changes_more(kind: str, images: ImageSet) -> None:
    changes = [
        (spoilt(images, kind, severity) - images.images).abs().mean().item()
        for severity in range(LARGEST + 1)
    ]
    # MNIST-C's spatter turns from large puddles into small splashes after severity 3.
    curves = [changes[:4], changes[4:]] if kind == "clutter/spatter" else [changes]
    for curve in curves:
        # From 3 to 4 fog gets rougher, not thicker.
        assert min(np.diff(curve)) > (-0.01 if kind == "light/fog" else -0.001), changes
    assert curves[0][1] > 0.005
    assert changes[-1] > 1.15 * changes[1]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("side", [20, 28, 40])
def test_what_comes_out_is_an_image_of_the_same_size(
    kind: str, side: int, images: ImageSet
) -> None:
    held = replace(images, images=centre(images.images, canvas=side)).limit(4)
    for severity in (1, LARGEST):
        made = spoilt(held, kind, severity)
        assert made.shape == held.images.shape
        assert made.dtype == torch.float32
        assert torch.isfinite(made).all()
        assert made.min() >= 0.0
        assert made.max() <= 1.0
        assert not torch.equal(made, held.images)


@pytest.mark.parametrize("kind", KINDS)
def test_an_image_is_spoilt_alike_whatever_stands_beside_it(kind: str, images: ImageSet) -> None:
    whole = spoilt(images, kind, 3)
    rows = torch.tensor([17, 2, 5])
    torch.testing.assert_close(spoilt(images.take(rows), kind, 3), whole[rows], atol=1e-6, rtol=0.0)


@pytest.mark.parametrize("kind", KINDS)
def test_the_seed_decides_alone(kind: str, images: ImageSet) -> None:
    one = spoilt(images, kind, 2)
    torch.manual_seed(5)
    np.random.seed(5)  # noqa: NPY002 - the global generator is what must not matter
    # Another object with the same content, so that nothing kept by its address would do.
    again = replace(images, images=images.images.clone())
    assert torch.equal(spoilt(again, kind, 2), one)
    assert torch.equal(spoilt(images, kind, 2, seed=4), one) == (kind in CERTAIN)


@pytest.mark.parametrize("kind", KINDS)
def test_global_generators_are_left_alone(kind: str, images: ImageSet) -> None:
    torch.manual_seed(0)
    np.random.seed(0)  # noqa: NPY002 - as above
    before = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002 - as above
    spoilt(images, kind, 4, seed=11)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert np.array_equal(np.random.get_state()[1], before[1])  # noqa: NPY002 - as above


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_given_stays_as_it_was(kind: str, images: ImageSet) -> None:
    given = images.images.clone()
    spoilt(images, kind, 5)
    assert torch.equal(images.images, given)


@pytest.mark.parametrize("kind", KINDS)
def test_blank_images_are_borne(kind: str, images: ImageSet) -> None:
    blank = replace(images, images=torch.zeros_like(images.images)).limit(2)
    assert torch.isfinite(spoilt(blank, kind, 5)).all()


@pytest.mark.parametrize("kind", KINDS)
def test_its_description_names_the_severity_of_mnist_c(kind: str) -> None:
    made = corruptions[kind]
    assert f"MNIST-C's own severity is {made.published}." in made.description
    assert "\n" not in made.description
