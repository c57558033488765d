"""The batched warp against SciPy's, and what a warp must keep."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from capsprobe.data.move import centre, place
from capsprobe.data.warp import ink, linear_maps, warp, warp_held, warp_whole
from tests.oracles import warp as oracle

ANGLES = st.floats(-180.0, 180.0)
SHEARS = st.floats(-0.6, 0.6)
SCALES = st.floats(0.5, 1.6)
PIXELS = st.integers(-6, 6)


def noise(seed: int, *, count: int = 1, size: int = 12, rim: int = 0) -> torch.Tensor:
    pixels = torch.rand(count, 1, size, size, generator=torch.Generator().manual_seed(seed))
    return torch.nn.functional.pad(pixels, (rim,) * 4)


def blob() -> torch.Tensor:
    """Return a smooth spot off the middle: bilinear reading changes it little."""
    axis = torch.arange(40.0)
    bump = torch.exp(-((axis - 17.0) ** 2) / 30.0)
    return (bump[:, None] * bump[None, :].roll(5, 1))[None, None]


@settings(max_examples=50)
@given(ANGLES, SHEARS, SCALES, SCALES, st.floats(-4.0, 4.0), st.floats(-4.0, 4.0), PIXELS)
def test_a_warp_equals_scipy_on_any_canvas(rotation, shear, wide, high, down, right, larger):
    image = noise(1)
    maps = linear_maps(1, rotation=rotation, shear=shear, scale_x=wide, scale_y=high)
    moves = torch.tensor([[down, right]], dtype=torch.float64)
    ours = warp(image, maps, canvas=12 + larger, moves=moves)[0, 0].numpy()
    matrix = oracle.forward(rotation, shear, wide, high)
    theirs = oracle.warp(
        image[0, 0].numpy(), matrix, moves[0].numpy(), 12 + larger, "grid-constant"
    )
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


@settings(max_examples=30)
@given(ANGLES, SHEARS, SCALES)
def test_with_an_empty_rim_scipy_in_mode_constant_agrees_too(rotation, shear, scale):
    image = noise(2, rim=1)
    maps = linear_maps(1, rotation=rotation, shear=shear, scale_x=scale, scale_y=scale)
    matrix = oracle.forward(rotation, shear, scale, scale)
    theirs = oracle.warp(image[0, 0].numpy(), matrix, np.zeros(2), 20, "constant")
    np.testing.assert_allclose(warp(image, maps, canvas=20)[0, 0].numpy(), theirs, atol=1e-5)


def test_each_image_gets_its_own_map():
    images = noise(3, count=300)
    angles = np.linspace(-170.0, 170.0, 300)
    together = warp(images, linear_maps(300, rotation=angles), canvas=12)
    for k in (0, 7, 299):
        alone = warp(images[k : k + 1], linear_maps(1, rotation=angles[k]), canvas=12)
        torch.testing.assert_close(together[k : k + 1], alone)


def test_images_that_share_a_map_get_what_they_would_get_alone():
    images = noise(4, count=9)
    angles = np.where(np.arange(9) % 2, 30.0, -30.0)
    together = warp(images, linear_maps(9, rotation=angles), canvas=15)
    alone = [
        warp(images[k : k + 1], linear_maps(1, rotation=angles[k]), canvas=15) for k in range(9)
    ]
    torch.testing.assert_close(together, torch.cat(alone))


@given(st.integers(0, 1000), st.integers(10, 20))
@settings(max_examples=20)
def test_the_identity_changes_nothing(seed, canvas):
    image = noise(seed, size=10)
    expected = centre(image, canvas=canvas) if canvas % 2 == 0 else None
    ours = warp(image, linear_maps(1), canvas=canvas)
    if expected is not None:
        assert torch.equal(ours, expected)
    else:
        torch.testing.assert_close(ours.sum(), image.sum())


@given(PIXELS, PIXELS, st.sampled_from([8, 12, 16, 20]))
@settings(max_examples=40)
def test_a_whole_pixel_move_is_what_place_does(down, right, canvas):
    image = noise(5)
    moves = torch.tensor([[float(down), float(right)]], dtype=torch.float64)
    ours = warp(image, linear_maps(1), canvas=canvas, moves=moves)
    corner = (canvas - 12) // 2
    theirs = place(
        image,
        canvas=canvas,
        rows=torch.tensor([corner + down]),
        columns=torch.tensor([corner + right]),
    )
    assert torch.equal(ours, theirs)


@given(st.floats(-60.0, 60.0), st.floats(-0.3, 0.3), st.floats(0.8, 1.25), st.floats(0.8, 1.25))
@settings(max_examples=30)
def test_a_map_and_its_inverse_lead_back(rotation, shear, wide, high):
    maps = linear_maps(1, rotation=rotation, shear=shear, scale_x=wide, scale_y=high)
    there = warp(blob(), maps, canvas=80)
    back = warp(there, torch.linalg.inv(maps), canvas=40)
    torch.testing.assert_close(back, blob(), atol=0.06, rtol=0.0)


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"rotation": 90.0}, (0, 3)),
        ({"rotation": -90.0}, (6, 3)),
        ({"rotation": 180.0}, (3, 0)),
        ({"scale_x": 1.0 / 3.0}, (3, 4)),
    ],
)
def test_a_pixel_at_the_right_edge_goes_where_the_words_say(change, where):
    image = torch.zeros(1, 1, 7, 7)
    image[0, 0, 3, 6] = 1.0
    found = warp(image, linear_maps(1, **change), canvas=7)[0, 0]
    assert found[where] == pytest.approx(1.0)


def test_a_positive_shear_leans_to_the_right():
    image = torch.zeros(1, 1, 7, 7)
    image[0, 0, 1, 3] = 1.0
    found = warp(image, linear_maps(1, shear=0.5), canvas=7)[0, 0]
    assert found[1, 4] == pytest.approx(1.0)


def test_ink_pushed_over_the_edge_is_measured():
    image = torch.zeros(1, 1, 8, 8)
    image[0, 0, 4, 6] = 0.75
    image[0, 0, 4, 2] = 0.25
    right = torch.tensor([[0.0, 3.0]], dtype=torch.float64)
    kept, lost = warp_whole(image, linear_maps(1), canvas=8, moves=right)
    assert lost.item() == pytest.approx(0.75)
    assert ink(kept).item() == pytest.approx(0.25)


def test_nothing_is_lost_where_everything_stays():
    _, lost = warp_whole(noise(6, rim=8), linear_maps(1, rotation=45.0), canvas=28)
    assert lost.item() == 0.0


def test_a_held_image_is_pulled_back_whole_by_as_little_as_needed():
    image = torch.zeros(1, 1, 12, 12)
    image[0, 0, 0:4, 5:7] = 1.0
    maps = linear_maps(1, scale_x=2.0, scale_y=2.0)
    cut, lost = warp_whole(image, maps, canvas=12)
    held, held_lost = warp_held(image, maps, canvas=12)
    assert lost.item() > 0.3
    assert held_lost.item() == 0.0
    assert bool((held[0, 0, 0] > 0.0).any())
    assert ink(held) > ink(cut)


def test_a_held_image_that_fits_is_not_moved():
    image, maps = noise(7, rim=8), linear_maps(1, rotation=30.0)
    assert torch.equal(warp_held(image, maps, canvas=28)[0], warp(image, maps, canvas=28))


def test_a_held_image_larger_than_the_canvas_loses_ink_and_says_so():
    held, lost = warp_held(noise(8), linear_maps(1, scale_x=2.0, scale_y=2.0), canvas=12)
    assert lost.item() > 0.1
    assert held.shape[-2:] == (12, 12)


def test_an_empty_image_loses_nothing():
    kept, lost = warp_held(torch.zeros(2, 1, 6, 6), linear_maps(2, rotation=10.0), canvas=6)
    assert lost.tolist() == [0.0, 0.0]
    assert not bool(kept.any())
