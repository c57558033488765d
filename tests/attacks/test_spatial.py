"""The search by trying: what it finds, what it saves, and that the batch makes no difference."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from capsprobe.attacks.spatial import under_one, under_worst, unshifted
from capsprobe.data.digits import digits
from capsprobe.data.spatial import grid_of_shifts, shifted
from capsprobe.models.inference import score, top
from tests.data.toys import bars
from tests.probes.toys import Toy, Upright, Weigher

GRID = grid_of_shifts(degrees=30.0, pixels=3.0, turns=3, moves=3)
CUT = 0.001


def everyone(images, shifts=GRID):
    return np.broadcast_to(shifts, (len(images), *shifts.shape))


class Counting(Upright):
    """Counts how many images it is shown."""

    count = 0

    def forward(self, images):
        self.count += len(images)
        return super().forward(images)


class Linear(Toy):
    """Weighs pixels by chance, so that it answers otherwise once an image is shifted."""

    def __init__(self) -> None:
        super().__init__(classes=3)
        rough = torch.randn(3, 1, 4, 4, generator=torch.Generator().manual_seed(5))
        fine = torch.nn.functional.interpolate(rough, size=28, mode="bilinear")
        self.register_buffer("weight", fine.flatten(1))

    def forward(self, images):
        return images.flatten(1) @ self.weight.T


@pytest.fixture
def network():
    return Linear().eval()


@pytest.fixture
def images(network):
    """Return digits labelled as the network sees them, but for the first, which it gets wrong."""
    base = digits("test").limit(10)
    labels = unshifted(network, base).answers
    labels[0] = (labels[0] + 1) % 3
    return replace(base, labels=labels)


def slowly(network, images, shifts):
    """Return for each image the first shift that turns it wrong, by trying every one alone."""
    first = []
    for row in range(len(images)):
        wrong = [
            place
            for place, shift in enumerate(shifts[row])
            if _answer(network, images.images[row : row + 1], shift) != images.labels[row]
        ]
        first.append(wrong[0] if wrong else None)
    return first


def _answer(network, image, shift):
    pixels, _ = shifted(image, shift[None], canvas=28)
    return top(score(network, pixels), count=1).item()


def test_every_image_is_shown_under_the_first_shift_that_turns_it_wrong(network, images):
    clean = unshifted(network, images)
    found = under_worst(network, images, clean, everyone(images), cut=CUT)
    first = slowly(network, images, everyone(images))
    assert None in first and any(place for place in first)
    assert not found.right[0] and torch.equal(found.images.images[0], images.images[0])
    for row in range(1, len(images)):
        place = first[row]
        assert bool(found.right[row]) == (place is None)
        shown = images.images[row] if place is None else _shown(images, row, place)
        torch.testing.assert_close(found.images.images[row], shown)


def _shown(images, row, place):
    return shifted(images.images[row : row + 1], GRID[place][None], canvas=28)[0][0]


@pytest.mark.parametrize("size", [1, 5, 1000])
def test_the_size_of_a_batch_makes_no_difference(network, images, size):
    clean = unshifted(network, images)
    expected = under_worst(network, images, clean, everyone(images), cut=CUT)
    network.batch_size = size
    found = under_worst(network, images, clean, everyone(images), cut=CUT)
    assert torch.equal(found.answers, expected.answers)
    torch.testing.assert_close(found.images.images, expected.images.images)
    assert found.cut == expected.cut


def test_what_is_wrong_when_clean_or_broken_is_shown_no_more():
    images = replace(bars(), labels=torch.ones(12, dtype=torch.int64))
    network = Counting().eval()
    clean = unshifted(network, images)
    network.count = 0
    found = under_worst(network, images, clean, everyone(images), cut=CUT)
    # Bars are taller than wide, but for those of class 0, so only those are "1" to it.
    assert network.count <= int(clean.right.sum()) * len(GRID)
    assert not (found.right & ~clean.right).any()
    network.count = 0
    none = replace(images, labels=torch.full((12,), 3))
    under_worst(network, none, unshifted(network, none), everyone(none), cut=CUT)
    assert network.count == 12


def test_a_shift_that_would_cut_ink_is_skipped_and_counted_alike_in_every_batch():
    wide = replace(bars(), images=torch.ones(12, 1, 28, 28))
    network = Weigher()
    clean = unshifted(network, replace(wide, labels=torch.full((12,), 3)))
    images = replace(wide, labels=clean.answers)
    counts = []
    for network.batch_size in (1, 128):
        found = under_worst(network, images, clean, everyone(images), cut=CUT)
        counts.append(found.cut)
        assert found.right.all()
    turned = int((GRID[:, 0] != 0.0).sum())
    assert counts == [12 * turned, 12 * turned]


def test_under_one_leaves_out_what_would_be_cut():
    wide = torch.ones(12, 1, 28, 28)
    wide[:6, :, :4] = 0.0
    wide[:6, :, 24:] = 0.0
    wide[:6, :, :, :4] = 0.0
    wide[:6, :, :, 24:] = 0.0
    shifts = np.tile([30.0, 0.0, 0.0], (12, 1))
    found = under_one(Weigher(), replace(bars(), images=wide), shifts, cut=0.002)
    assert (found.images.ids.tolist(), found.cut) == (list(range(6)), 6)
