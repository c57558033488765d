"""Measurements of drawn shapes with known answers, and of real digits."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import pad

from capsprobe.data.base import Source, datasets
from capsprobe.data.morphometry import FACTORS, factors
from capsprobe.data.warp import linear_maps, warp

PLACES = st.integers(0, 8)
DRAWN = 16


@pytest.fixture(scope="module")
def real():
    return datasets["digits"]("test", Source())


def rectangle(height: int, width: int) -> torch.Tensor:
    image = torch.zeros(1, 1, 28, 28)
    top, left = (28 - height) // 2, (28 - width) // 2
    image[0, 0, top : top + height, left : left + width] = 1.0
    return image


def drawn(*rings: tuple[float, float, float, float]) -> torch.Tensor:
    """Return rings (row, column, inner and outer radius), each pixel inked as far as covered."""
    fine = (torch.arange(28 * DRAWN) + 0.5) / DRAWN
    far = [(torch.hypot(fine[:, None] - row, fine - column), a, b) for row, column, a, b in rings]
    covered = torch.stack([(r >= inner) & (r <= outer) for r, inner, outer in far]).any(dim=0)
    return torch.nn.functional.avg_pool2d(covered.float()[None, None], DRAWN)


def measured(image: torch.Tensor, name: str) -> float:
    return float(factors(image)[name].iloc[0])


@pytest.mark.parametrize("turn", [0.0, 20.0, 45.0, 70.0, 90.0])
def test_the_thickness_of_a_bar_is_its_own_in_every_direction(turn):
    bars = torch.cat([rectangle(20, wide) for wide in (2, 3, 4, 5)])
    found = factors(warp(bars, linear_maps(4, rotation=turn), canvas=28))["thickness"]
    np.testing.assert_allclose(found, [2.0, 3.0, 4.0, 5.0], atol=0.4)
    assert found.is_monotonic_increasing


@pytest.mark.parametrize("degrees", [-40.0, -25.0, -10.0, 0.0, 5.0, 15.0, 30.0, 40.0])
def test_a_leant_bar_has_its_angle_for_slant_and_its_own_width(degrees):
    shear = float(np.tan(np.deg2rad(degrees)))
    leant = warp(rectangle(18, 4), linear_maps(1, shear=shear), canvas=36)
    assert measured(leant, "slant") == pytest.approx(degrees, abs=2.0)
    assert measured(leant, "width") == pytest.approx(4.0, abs=0.6)
    assert measured(leant, "height") == pytest.approx(18.0, abs=0.6)


@given(st.integers(2, 26), st.integers(2, 26), st.floats(0.1, 1.0))
def test_a_rectangle_of_any_brightness_has_its_sides_and_its_ink(height, width, bright):
    image = bright * rectangle(height, width)
    assert measured(image, "width") == pytest.approx(width, abs=0.01)
    assert measured(image, "height") == pytest.approx(height, abs=0.01)
    assert measured(image, "slant") == pytest.approx(0.0, abs=1e-9)
    assert measured(image, "area") == pytest.approx(height * width * bright, rel=1e-5)


@pytest.mark.parametrize("radius", [3.3, 5.0, 8.7])
def test_a_disc_is_as_wide_and_as_high_as_its_diameter(radius):
    disc = drawn((14.2, 13.9, 0.0, radius))
    assert measured(disc, "width") == pytest.approx(2.0 * radius, abs=0.3)
    assert measured(disc, "height") == pytest.approx(2.0 * radius, abs=0.3)
    assert measured(disc, "area") == pytest.approx(np.pi * radius**2, rel=0.01)


@pytest.mark.parametrize("half", [1.0, 1.5, 2.0])
def test_a_ring_has_the_length_of_its_middle_and_its_thickness(half):
    ring = drawn((14.0, 14.0, 8.0 - half, 8.0 + half))
    assert measured(ring, "length") == pytest.approx(16.0 * np.pi, rel=0.03)
    assert measured(ring, "thickness") == pytest.approx(2.0 * half, abs=0.25)


def test_a_bar_is_as_long_as_it_is_high_but_for_its_receding_ends():
    length = measured(rectangle(20, 2), "length")
    assert 20.0 - 2.0 - 1.0 < length < 20.0


@pytest.mark.parametrize(
    ("shape", "holes"),
    [
        (drawn((14.0, 14.0, 0.0, 8.0)), 0),
        (drawn((14.0, 14.0, 5.0, 8.0)), 1),
        (drawn((8.0, 14.0, 3.0, 5.5), (19.0, 14.0, 3.0, 5.5)), 2),
    ],
    ids=["disc", "ring", "eight"],
)
def test_holes_are_counted(shape, holes):
    assert measured(shape, "holes") == holes


def test_one_dark_pixel_is_no_hole_but_two_are():
    disc = drawn((14.0, 14.0, 0.0, 8.0))
    disc[..., 13, 13] = 0.0
    assert measured(disc, "holes") == 0
    disc[..., 13, 14] = 0.0
    assert measured(disc, "holes") == 1


def test_a_ring_with_a_gap_has_no_hole():
    ring = drawn((14.0, 14.0, 5.0, 8.0))
    ring[..., 13:15, 14:] = 0.0
    assert measured(ring, "holes") == 0


@given(PLACES, PLACES, st.integers(0, 359))
@settings(max_examples=25)
def test_a_whole_pixel_move_changes_nothing(real, down, right, row):
    image = real.images[row : row + 1, :, 4:24, 4:24]
    moved = pad(image, (right, 8 - right, down, 8 - down))
    np.testing.assert_allclose(factors(moved), factors(image), atol=1e-9)


def test_twice_the_room_changes_nothing(real):
    images = real.images[:40]
    np.testing.assert_allclose(factors(pad(images, (14,) * 4)), factors(images), atol=1e-9)


def test_an_image_is_measured_as_it_would_be_alone(real):
    images = torch.cat([real.images[:5], rectangle(26, 26), rectangle(3, 2)])
    alone = [factors(image[None]).iloc[0] for image in images]
    np.testing.assert_allclose(factors(images), np.stack(alone), atol=1e-9)


def test_a_mirror_image_leans_the_other_way(real):
    here, there = factors(real.images[:60]), factors(real.images[:60].flip(-1))
    np.testing.assert_allclose(there["slant"], -here["slant"], atol=1e-6)
    np.testing.assert_allclose(there["width"], here["width"], atol=1e-6)


def test_faint_noise_changes_nothing_but_the_ink(real):
    noise = 1e-4 * torch.rand(20, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    clean, noisy = factors(real.images[:20]), factors((real.images[:20] + noise).clamp(max=1.0))
    assert bool((noisy["area"] > clean["area"]).all())
    for name in ("thickness", "slant", "width", "height"):
        np.testing.assert_allclose(noisy[name], clean[name], atol=0.1)


def test_a_blank_image_measures_zero_and_everything_is_finite():
    found = factors(torch.cat([torch.zeros(1, 1, 9, 7), torch.ones(1, 1, 9, 7)]))
    assert tuple(found.columns) == FACTORS
    assert not bool(found.iloc[0].any())
    assert bool(np.isfinite(found).all(axis=None))
    assert found["area"][1] == 63.0


def test_channels_are_averaged(real):
    grey = real.images[:4]
    coloured = torch.cat([grey, 0.5 * grey, 0.0 * grey], dim=1)
    expected = factors(grey).assign(area=lambda table: table["area"] / 2.0)
    np.testing.assert_allclose(factors(coloured), expected, atol=1e-5)


@pytest.mark.parametrize(("digit", "holes"), [(0, 1), (1, 0), (6, 1), (7, 0), (8, 2), (9, 1)])
def test_most_real_digits_have_the_holes_of_their_class(real, digit, holes):
    found = factors(real.images[real.labels == digit])["holes"]
    assert (found == holes).mean() > 0.5


@pytest.mark.parametrize("shear", [-0.3, 0.3])
def test_a_shear_adds_its_own_to_the_tangent_of_a_real_digits_slant(real, shear):
    before = factors(real.images)["slant"]
    after = factors(warp(real.images, linear_maps(len(real), shear=shear), canvas=40))["slant"]
    gained = np.tan(np.deg2rad(after)) - np.tan(np.deg2rad(before))
    np.testing.assert_allclose(gained, shear, atol=0.03)
    assert (after - before).mean() == pytest.approx(np.rad2deg(np.arctan(shear)), abs=0.5)
