import pytest
import torch

from capsprobe.attacks.square import Square
from capsprobe.faults import UsageFault
from tests.attacks.toys import Linear, answers, middling


def ask(images, *, epsilon=0.4, seed=0, batch_size=128):
    network = Linear()
    network.batch_size = batch_size
    labels = answers(network, images)
    return Square(queries=50)(
        network, images, labels, epsilon=epsilon, seed=seed, output_map="scores"
    )


def test_pixels_of_a_broken_image_lie_at_the_edge_of_the_budget():
    images = middling()
    found = ask(images)
    broken = answers(Linear(), found) != answers(Linear(), images)
    assert broken.any()
    delta = (found - images).abs()[broken]
    torch.testing.assert_close(delta, torch.full_like(delta, 0.4), atol=1e-6, rtol=0.0)


def test_batches_and_seeds_try_different_squares():
    images = middling(3).repeat(2, 1, 1, 1)
    first, second = ask(images, batch_size=3).split(3)
    assert not torch.equal(first, second)
    assert not torch.equal(ask(images), ask(images, seed=1))


def test_no_query_is_too_few():
    with pytest.raises(UsageFault, match="queries >= 1, got 0"):
        Square(queries=0)
