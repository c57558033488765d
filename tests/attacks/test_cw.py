"""What torchattacks' version trips over: pixels at the ends, logits below zero, weights."""

import pytest
import torch

from capsprobe.attacks.cw import Cw
from tests.attacks.toys import SIDE, Linear, answers


class Shifted(Linear):
    """The same decisions, all logits far below zero."""

    def forward(self, images):
        return self.logits(images) - 1000.0


def found(network, images, labels, **settings):
    return Cw(**{"steps": 60, "searches": 4} | settings)(
        network, images, labels, epsilon=6.0, seed=0, output_map="logits"
    )


def test_pixels_that_are_black_or_white_move():
    generator = torch.Generator().manual_seed(3)
    images = torch.randint(2, (6, 1, SIDE, SIDE), generator=generator).float()
    labels = answers(Linear(), images)
    moved = found(Linear(), images, labels)
    assert (answers(Linear(), moved) != labels).all()
    assert ((moved - images).abs() > 0.1).any(dim=(1, 2, 3)).all()


def test_a_shift_of_all_logits_changes_hardly_anything():
    generator = torch.Generator().manual_seed(4)
    images = 0.4 + 0.2 * torch.rand(6, 1, SIDE, SIDE, generator=generator)
    labels = answers(Linear(), images)
    one, other = (found(each, images, labels) for each in (Linear(), Shifted()))
    lengths = [(each - images).flatten(1).norm(dim=1) for each in (one, other)]
    torch.testing.assert_close(*lengths, rtol=0.02, atol=0.0)


@pytest.mark.parametrize("others", [1, 7])
def test_no_image_depends_on_those_beside_it(others):
    generator = torch.Generator().manual_seed(5)
    images = 0.4 + 0.2 * torch.rand(8, 1, SIDE, SIDE, generator=generator)
    labels = answers(Linear(), images)
    alone = found(Linear(), images[:1], labels[:1])
    together = found(Linear(), images[: 1 + others], labels[: 1 + others])
    torch.testing.assert_close(alone, together[:1], atol=1e-4, rtol=0.0)
