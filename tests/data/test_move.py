"""Whole-pixel moves: where the pixels go, and that none appears or vanishes."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from capsprobe.data.move import centre, place, scatter, shift
from tests.data.toys import bars


def spot(row: int, column: int, *, size: int = 6) -> torch.Tensor:
    image = torch.zeros(1, 1, size, size)
    image[0, 0, row, column] = 1.0
    return image


@given(st.integers(-8, 8), st.integers(-8, 8), st.integers(4, 9))
def test_place_puts_the_corner_where_it_is_told_and_cuts_the_rest(row, column, canvas):
    image = spot(2, 3)
    found = place(image, canvas=canvas, rows=torch.tensor([row]), columns=torch.tensor([column]))
    expected = torch.zeros(canvas, canvas)
    if 0 <= row + 2 < canvas and 0 <= column + 3 < canvas:
        expected[row + 2, column + 3] = 1.0
    assert torch.equal(found[0, 0], expected)


def test_place_gives_each_image_its_own_corner():
    images = spot(0, 0).repeat(3, 1, 1, 1)
    corners = torch.tensor([0, 2, 5])
    found = place(images, canvas=8, rows=corners, columns=corners.flip(0))
    assert [tuple(found[k, 0].nonzero()[0].tolist()) for k in range(3)] == [(0, 5), (2, 2), (5, 0)]


def test_scattered_images_are_whole_and_reach_every_side():
    images = torch.ones(400, 1, 3, 3)
    found = scatter(images, canvas=6, generator=torch.Generator().manual_seed(0))
    assert found.sum(dim=(1, 2, 3)).tolist() == [9.0] * 400
    heat = found.sum(dim=0)[0]
    assert bool((heat[[0, 0, 5, 5], [0, 5, 0, 5]] > 0).all())


def test_a_shift_stays_within_its_pixels():
    images = spot(3, 3, size=8).repeat(200, 1, 1, 1)
    found = shift(images, pixels=2, generator=torch.Generator().manual_seed(0))
    places = found[:, 0].nonzero()[:, 1:]
    assert places.min().item() == 1
    assert places.max().item() == 5


def test_what_training_draws_has_not_changed():
    """Checkpoints were trained on these: new draws would make their recipe untrue."""
    generator = torch.Generator().manual_seed(5)
    shifted = shift(bars().images, pixels=2, generator=generator)
    scattered = scatter(bars().images, canvas=40, generator=generator)
    corners = [
        [int(image.nonzero()[0, 0]), int(image.nonzero()[:, 1].min())]
        for image in (*shifted[:3, 0], *scattered[:3, 0])
    ]
    assert corners == [[11, 11], [13, 12], [10, 13], [12, 12], [11, 13], [16, 21]]


def test_the_centre_is_the_middle_of_larger_and_of_smaller_canvases():
    assert centre(spot(2, 2), canvas=10)[0, 0, 4, 4].item() == 1.0
    assert centre(spot(2, 2), canvas=4)[0, 0, 1, 1].item() == 1.0
