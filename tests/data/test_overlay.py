"""Overlaid pairs: who is paired, what is measured, and what is whole."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from capsprobe.data import overlay
from capsprobe.faults import DataFault
from tests.data.toys import bars


def box(top: int, bottom: int, left: int, right: int, *, size: int = 12) -> torch.Tensor:
    image = torch.zeros(1, 1, size, size)
    image[0, 0, top:bottom, left:right] = 0.7
    return image


@given(st.integers(0, 10_000))
def test_partners_are_of_another_class(seed):
    labels = torch.tensor([0, 0, 0, 0, 0, 0, 1, 2])
    chosen = overlay.partners(labels, generator=torch.Generator().manual_seed(seed))
    assert bool((labels[chosen] != labels).all())


def test_partners_are_drawn_evenly_from_all_others():
    labels = torch.tensor([0] * 3000 + [1, 2, 3])
    chosen = overlay.partners(labels, generator=torch.Generator().manual_seed(0))[:3000]
    assert torch.bincount(chosen)[3000:].min().item() > 850


def test_partners_repeat_by_seed():
    labels = bars().labels
    one, two = (
        overlay.partners(labels, generator=torch.Generator().manual_seed(3)) for _ in range(2)
    )
    assert torch.equal(one, two)


def test_one_class_alone_makes_no_pairs():
    with pytest.raises(DataFault, match="at least two classes"):
        overlay.partners(torch.zeros(4, dtype=torch.int64), generator=torch.Generator())


def test_an_overlay_adds_and_is_clipped_at_one():
    found = overlay.overlay(box(0, 4, 0, 4), box(2, 6, 2, 6))[0, 0]
    assert found[0, 0].item() == pytest.approx(0.7)
    assert found[3, 3].item() == 1.0


def test_a_box_is_that_of_the_ink():
    assert overlay.boxes(box(2, 5, 3, 9)).tolist() == [[2, 5, 3, 9]]
    assert overlay.boxes(torch.zeros(1, 1, 4, 4)).tolist() == [[0, 0, 0, 0]]


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ((2, 6, 2, 6), 1.0),
        ((4, 8, 2, 6), 0.5),
        ((4, 8, 4, 8), 0.25),
        ((6, 10, 2, 6), 0.0),
        ((0, 12, 0, 12), 1.0),
        ((0, 0, 0, 0), 0.0),
    ],
)
def test_the_overlap_is_the_shared_area_of_the_smaller_box(other, expected):
    assert overlay.overlap(box(2, 6, 2, 6), box(*other)).item() == pytest.approx(expected)


@given(st.integers(-7, 7), st.integers(-7, 7))
def test_kept_whole_says_whether_a_move_cuts_ink(down, right):
    image, moves = box(3, 9, 5, 8), torch.tensor([[down, right]])
    moved = overlay.moved(image, moves, canvas=14)
    nothing_cut = moved.sum().item() == pytest.approx(image.sum().item())
    assert overlay.kept_whole(image, moves, canvas=14).item() == nothing_cut
