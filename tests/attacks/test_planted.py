"""The active test: a descent that works finds the planted, one that is led astray does not."""

import pytest
import torch

from capsprobe.attacks.planted import seek_planted
from tests.attacks.cheats import Honest, Rounded, placed
from tests.attacks.toys import assert_same, state


def seek(network, images, **settings):
    given = {"norm": "linf", "epsilon": 0.05, "steps": 10, "restarts": 1, "seed": 0}
    return seek_planted(network, images, **{**given, **settings})


@pytest.mark.parametrize(("norm", "epsilon"), [("linf", 0.05), ("l2", 1.0)])
def test_what_is_planted_in_an_honest_network_is_found(norm, epsilon):
    images, _ = placed(count=12)
    sought = seek(Honest(), images, norm=norm, epsilon=epsilon)
    assert sought.planted.sum() >= 10
    assert torch.equal(sought.found, sought.planted)
    assert not (sought.by_chance & ~sought.planted).any()


def test_where_gradients_vanish_what_is_planted_is_missed():
    images, _ = placed(count=12)
    # With gain the sums vary beyond the second decimal, so that heads can be planted.
    sought = seek(Rounded(Honest(gain=5.0)), images)
    assert sought.planted.sum() >= 6
    assert sought.found.sum() <= sought.planted.sum() / 2


def test_batches_change_no_image_that_is_in_the_first():
    images, _ = placed(count=12)
    network = Honest()
    whole = seek(network, images[:4])
    network.batch_size = 4
    parts = seek(network, images)
    assert torch.equal(parts.found[:4], whole.found)
    assert len(parts.planted) == 12


def test_network_and_generator_are_left_as_found():
    images, _ = placed(count=4)
    network = Honest().train()
    before = state(network)
    seek(network, images)
    assert_same(before, state(network))


def test_the_seed_decides():
    images, _ = placed(count=6)
    one, two = (seek(Honest(), images, steps=1) for _ in range(2))
    assert torch.equal(one.found, two.found) and torch.equal(one.by_chance, two.by_chance)
