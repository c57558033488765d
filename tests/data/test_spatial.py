"""Turns with moves: what the grid holds, that draws belong to an image, that no ink is lost."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from capsprobe.data.digits import digits
from capsprobe.data.spatial import grid_of_shifts, random_shifts, shifted
from capsprobe.data.warp import ink
from tests.oracles import warp as oracle

PROTOCOL = {"degrees": 30.0, "pixels": 3.0, "turns": 31, "moves": 5}
IMAGES = digits("test").limit(4).images


def test_the_grid_is_that_of_the_protocol():
    grid = grid_of_shifts(**PROTOCOL)
    assert grid.shape == (775, 3)
    assert len(np.unique(grid, axis=0)) == 775
    assert sorted(set(grid[:, 0])) == [float(degrees) for degrees in range(-30, 31, 2)]
    for moves in (grid[:, 1], grid[:, 2]):
        assert sorted(set(moves)) == [-3.0, -1.5, 0.0, 1.5, 3.0]


def test_the_grid_begins_in_the_corners_and_ends_with_the_identity():
    grid = grid_of_shifts(**PROTOCOL)
    assert {tuple(np.abs(each)) for each in grid[:8]} == {(30.0, 3.0, 3.0)}
    assert grid[-1].tolist() == [0.0, 0.0, 0.0]
    far = np.square(grid / [30.0, 3.0, 3.0]).sum(axis=1)
    assert (np.diff(far) < 1e-12).all()


@given(
    st.floats(0.1, 180.0), st.floats(0.1, 12.0), st.sampled_from([3, 5, 9]), st.sampled_from([3, 7])
)
def test_any_grid_is_symmetric_and_holds_the_identity(degrees, pixels, turns, moves):
    grid = grid_of_shifts(degrees=degrees, pixels=pixels, turns=turns, moves=moves)
    points = {tuple(each) for each in grid}
    assert len(points) == turns * moves**2
    assert {tuple(-each) for each in grid} == points
    assert (0.0, 0.0, 0.0) in points
    assert np.abs(grid).max(axis=0).tolist() == [degrees, pixels, pixels]


def test_draws_fill_the_range_evenly():
    ids = torch.arange(4000)
    drawn = random_shifts(np.random.default_rng(1), ids, count=5, degrees=30.0, pixels=3.0)
    assert drawn.shape == (4000, 5, 3)
    parts = drawn / [30.0, 3.0, 3.0]
    assert np.abs(parts).max() <= 1.0
    # Of uniform numbers from -1 to 1 the mean is 0 and that of the squares a third.
    assert np.abs(parts.mean(axis=(0, 1))) == pytest.approx(0.0, abs=0.02)
    assert np.square(parts).mean(axis=(0, 1)) == pytest.approx(1.0 / 3.0, abs=0.02)


def test_an_images_draws_depend_on_its_id_alone():
    every, few = torch.arange(20), torch.tensor([7, 2, 19])
    of = [
        random_shifts(np.random.default_rng(1), ids, count=3, degrees=30.0, pixels=3.0)
        for ids in (every, few)
    ]
    assert np.array_equal(of[0][few.numpy()], of[1])


@settings(max_examples=30)
@given(st.floats(-30.0, 30.0), st.floats(-3.0, 3.0), st.floats(-3.0, 3.0))
def test_on_a_canvas_with_room_an_image_is_turned_then_moved_as_scipy_does(turn, down, right):
    shift = np.array([[turn, down, right]])
    found, lost = shifted(IMAGES[:1], shift, canvas=40)
    theirs = oracle.warp(
        IMAGES[0, 0].numpy(), oracle.forward(turn, 0.0, 1.0, 1.0), shift[0, 1:], 40, "constant"
    )
    np.testing.assert_allclose(found[0, 0].numpy(), theirs, atol=1e-5)
    assert lost.item() == 0.0


# A digit may be wider than 28 pixels once turned, by what bilinear reading spreads.
@pytest.mark.parametrize(("canvas", "most"), [(28, 1e-5), (40, 0.0)])
def test_nothing_of_a_digit_is_cut_anywhere_on_the_grid(canvas, most):
    grid = grid_of_shifts(degrees=30.0, pixels=3.0, turns=3, moves=3)
    images = IMAGES.repeat_interleave(len(grid), dim=0)
    shifts = np.tile(grid, (len(IMAGES), 1))
    found, lost = shifted(images, shifts, canvas=canvas)
    roomy, _ = shifted(images, shifts, canvas=60)
    assert lost.max().item() <= most
    torch.testing.assert_close(ink(found), ink(roomy), rtol=1e-5, atol=0.0)


def test_no_turn_and_no_move_change_nothing():
    found, _ = shifted(IMAGES, np.zeros((4, 3)), canvas=28)
    assert torch.equal(found, IMAGES)
