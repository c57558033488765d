"""Pairs pushed apart to a wanted overlap, against a search written out."""

import numpy as np
import pytest
import torch

from capsprobe.data.apart import push_apart
from capsprobe.data.digits import digits
from capsprobe.data.overlay import boxes, overlap, partners
from capsprobe.seeds import generator

CANVAS = 36
TARGETS = (0.0, 0.25, 0.5, 0.75, 1.0)


@pytest.fixture(scope="module")
def pair():
    images = digits("test").limit(40)
    other = partners(images.labels, generator=torch.Generator().manual_seed(0))
    turns = torch.from_numpy(generator(0).random(40))
    return images.images, images.images[other], turns


def pushed(pair, target):
    first, second, turns = pair
    return push_apart(first, second, target=target, directions=turns, canvas=CANVAS)


@pytest.mark.parametrize("target", TARGETS)
def test_no_ink_is_cut(pair, target):
    found = pushed(pair, target)
    for before, after in ((pair[0], found.first), (pair[1], found.second)):
        torch.testing.assert_close(after.sum(dim=(1, 2, 3)), before.sum(dim=(1, 2, 3)))


@pytest.mark.parametrize("target", TARGETS)
def test_the_overlap_is_the_one_measured_on_the_images(pair, target):
    found = pushed(pair, target)
    assert torch.equal(found.overlap, overlap(found.first, found.second))


def nearest(one: list[int], two: list[int], target: float) -> float:
    """Return the distance to the target that the best of all symmetric moves leaves."""
    best = np.inf
    tall, wide = (one[1] - one[0], one[3] - one[2]), (two[1] - two[0], two[3] - two[2])
    for way in np.ndindex(2 * CANVAS + 1, 2 * CANVAS + 1):
        shared, inside = 1, True
        for axis in (0, 1):
            step = way[axis] - CANVAS
            ahead = -(-step // 2)
            start = (CANVAS - tall[axis]) // 2 + ahead
            other = (CANVAS - wide[axis]) // 2 + ahead - step
            stop, end = start + tall[axis], other + wide[axis]
            inside &= min(start, other) >= 0 and max(stop, end) <= CANVAS
            shared *= max(0, min(stop, end) - max(start, other))
        if inside:
            smaller = min(tall[0] * tall[1], wide[0] * wide[1])
            best = min(best, abs(shared / smaller - target))
    return best


@pytest.mark.parametrize("target", [0.0, 0.5, 1.0])
def test_no_other_move_comes_much_nearer_to_the_target(pair, target):
    found = pushed(pair, target)
    for row in (0, 17):
        best = nearest(boxes(pair[0])[row].tolist(), boxes(pair[1])[row].tolist(), target)
        assert abs(found.overlap[row].item() - target) <= best + 0.02


def test_the_first_digit_goes_towards_the_direction():
    bar = torch.zeros(4, 1, 28, 28)
    bar[:, :, 12:16, 12:16] = 1.0
    turns = torch.tensor([0.0, 0.25, 0.5, 0.75], dtype=torch.float64)
    found = push_apart(bar, bar, target=0.0, directions=turns, canvas=CANVAS)
    ways = boxes(found.first)[:, 0::2] - boxes(found.second)[:, 0::2]
    assert ways.tolist() == [[0, 4], [-4, 0], [0, -4], [4, 0]]


def test_both_digits_go_equally_far():
    bar = torch.zeros(1, 1, 28, 28)
    bar[:, :, 12:16, 12:16] = 1.0
    zero = torch.zeros(1, dtype=torch.float64)
    found = push_apart(bar, bar, target=0.0, directions=zero, canvas=CANVAS)
    assert boxes(found.first)[0, 2].item() - 16 == 2
    assert boxes(found.second)[0, 2].item() - 16 == -2


def test_a_pair_does_not_depend_on_the_others(pair):
    first, second, turns = (part[5:9] for part in pair)
    few = push_apart(first, second, target=0.25, directions=turns, canvas=CANVAS)
    assert torch.equal(few.first, pushed(pair, 0.25).first[5:9])
