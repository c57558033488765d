"""Scrambled images keep their ink, and none of their parts stays in its place."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from capsprobe.data.digits import digits
from capsprobe.data.overlay import boxes
from capsprobe.data.parts import (
    blanked_seam,
    displaced,
    mirrored,
    recombined,
    shuffled,
)
from capsprobe.faults import UsageFault

MAKERS = {
    "shuffled": shuffled,
    "recombined": recombined,
    "displaced": lambda images, rng, **ids: displaced(images, 3.0, rng, **ids),
}
SEEDS = st.integers(0, 2**32)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def blocks(*, top=4, left=4, height=20, width=20, canvas=(28, 28)) -> torch.Tensor:
    """Return four flat quarters: .1 upper left, .2 upper right, .3 lower left, .4 lower right."""
    lower = torch.arange(height) >= (height + 1) // 2
    right = torch.arange(width) >= (width + 1) // 2
    image = torch.zeros(1, 1, *canvas)
    inked = 0.1 + 0.2 * lower[:, None] + 0.1 * right
    image[0, 0, top : top + height, left : left + width] = inked
    return image


def corners(image: torch.Tensor) -> list[list[int]]:
    """Return the upper left corner of each quarter, found by its brightness."""
    tones = [(image - tone).abs() < 0.05 for tone in (0.1, 0.2, 0.3, 0.4)]
    return [boxes(tone.float())[0, 0::2].tolist() for tone in tones]


def same_ink(one: torch.Tensor, two: torch.Tensor) -> bool:
    return torch.equal(one.flatten(1).sort(dim=1).values, two.flatten(1).sort(dim=1).values)


@pytest.fixture(scope="module")
def real():
    return digits("test").images


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_every_pixel_of_a_real_digit_keeps_its_ink(real, make):
    made = make(real, rng())
    assert made.shape == real.shape
    assert same_ink(made, real)


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
@given(st.data())
@settings(max_examples=40)
def test_ink_is_kept_wherever_a_box_lies_on_an_even_canvas(make, data):
    height, width = data.draw(st.integers(1, 12)), data.draw(st.integers(1, 16))
    top = data.draw(st.integers(0, 12 - height))
    left = data.draw(st.integers(0, 16 - width))
    seeds = torch.Generator().manual_seed(data.draw(SEEDS))
    image = torch.zeros(1, 1, 12, 16)
    image[0, 0, top : top + height, left : left + width] = torch.rand(
        height, width, generator=seeds
    )
    made = make(image, rng(data.draw(SEEDS)))
    assert same_ink(made, image)


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_an_odd_box_that_fills_its_canvas_loses_at_most_a_row_and_a_column(make):
    image = torch.rand(50, 1, 9, 9, generator=torch.Generator().manual_seed(0)) + 1e-3
    made = make(image.clamp(max=1.0), rng())
    assert bool(((made > 0.0).sum(dim=(1, 2, 3)) >= 8 * 8).all())
    assert bool(((made >= 0.0) & (made <= 1.0)).all())


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_the_same_generator_makes_the_same_images(real, make):
    assert torch.equal(make(real, rng(1)), make(real, rng(1)))
    assert not torch.equal(make(real, rng(1)), make(real, rng(2)))


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_what_is_drawn_for_an_image_hangs_on_its_id(real, make):
    ids = torch.arange(len(real))
    some = torch.randperm(len(real), generator=torch.Generator().manual_seed(0))[:50]
    made, few = make(real, rng(), ids=ids), make(real[some], rng(), ids=ids[some])
    assert torch.equal(few, made[some])
    assert torch.equal(make(real, rng()), made)


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_an_empty_image_stays_empty(make):
    assert not bool(make(torch.zeros(3, 1, 10, 10), rng()).any())


@given(SEEDS)
def test_a_shuffled_quarter_is_in_anothers_place(seed):
    image = blocks()
    before, after = corners(image), corners(shuffled(image, rng(seed)))
    assert sorted(after) == sorted(before)
    assert all(here != there for here, there in zip(before, after, strict=True))


def test_all_nine_exchanges_without_a_quarter_at_home_occur_equally_often():
    many = shuffled(blocks().expand(1800, -1, -1, -1), rng())
    counts = np.unique(many.numpy(), axis=0, return_counts=True)[1]
    assert len(counts) == 9
    assert counts.min() > 140


def test_no_shuffled_digit_is_what_it_was(real):
    assert bool((shuffled(real, rng()) != real).flatten(1).any(dim=1).all())


@given(SEEDS)
def test_a_recombined_quarter_is_on_the_other_side_of_another(seed):
    """Read off the rows and columns: which quarter lies in which field."""
    image = blocks(top=6, left=3, height=15, width=13)
    after = corners(recombined(image, rng(seed)))
    by_column = sorted(range(4), key=lambda quarter: after[quarter][1])
    fields = [sorted(half, key=lambda q: after[q][0]) for half in (by_column[:2], by_column[2:])]
    in_field = [fields[0][0], fields[1][0], fields[0][1], fields[1][1]]
    assert all(quarter != field for field, quarter in enumerate(in_field))


def test_the_rows_of_recombined_quarters_are_drawn_for_each_side_alone():
    many = recombined(blocks(height=12, width=12).expand(50, -1, -1, -1), rng())
    rows = np.array([sorted(corners(one[None]), key=lambda at: at[1]) for one in many])[..., 0]
    left, right = np.sort(rows[:, :2], axis=1), np.sort(rows[:, 2:], axis=1)
    # Each is six rows high: an upper one ends below where the other side's lower one begins.
    assert bool((left[:, 0] + 6 > right[:, 1]).any())
    assert bool((right[:, 0] + 6 > left[:, 1]).any())


def test_recombined_quarters_reach_every_edge_of_the_canvas():
    many = recombined(blocks(height=12, width=12).expand(2000, -1, -1, -1), rng())
    inked = (many > 0.0).any(dim=0)[0]
    assert bool(inked.all())


@given(SEEDS, st.integers(0, 4))
def test_a_displaced_quarter_goes_outwards_by_just_so_many_pixels(seed, pixels):
    image = blocks()
    after = np.array(corners(displaced(image, float(pixels), rng(seed))))
    moves = after - np.array(corners(image))
    outward = np.array([[-1, -1], [-1, 1], [1, -1], [1, 1]])
    assert set((moves * outward).ravel().tolist()) <= {0, pixels}
    assert bool((moves != 0).any(axis=1).all()) or pixels == 0


@given(SEEDS, st.integers(5, 40))
@settings(max_examples=20)
def test_a_displaced_quarter_stops_at_the_canvas(seed, pixels):
    far, near = (displaced(blocks(), reach, rng(seed)) for reach in (float(pixels), 4.0))
    assert torch.equal(far, near)


def test_zero_pixels_change_nothing(real):
    assert torch.equal(displaced(real, 0.0, rng()), real)


@pytest.mark.parametrize("pixels", [-1.0, 1.5, float("nan"), float("inf")])
def test_pixels_that_cannot_be_meant_are_refused(pixels):
    with pytest.raises(UsageFault, match="expected a whole number of pixels >= 0, got"):
        displaced(blocks(), pixels, rng())


def test_a_mirror_exchanges_left_and_right_and_nothing_else():
    assert corners(mirrored(blocks())) == [[4, 14], [4, 4], [14, 14], [14, 4]]


def test_a_seam_is_one_row_and_one_column_in_the_middle_of_the_ink():
    image = blocks(top=2, left=5, height=10, width=14)
    expected = image.clone()
    expected[:, :, 7, :] = 0.0
    expected[:, :, :, 12] = 0.0
    assert torch.equal(blanked_seam(image), expected)
