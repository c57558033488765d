"""A walk that sees answers alone is misled by no slope."""

import pytest
import torch

from capsprobe.attacks.adapter import Adapter
from capsprobe.attacks.boundary import Boundary, beginnings
from capsprobe.attacks.curve import unattacked
from capsprobe.attacks.distances import found_by
from capsprobe.attacks.output_maps import OUTPUT_MAPS
from capsprobe.data.views import load_images
from capsprobe.models.checkpoints import load_model
from tests.attacks.toys import Linear, answers, middling


class Stepped(Linear):
    """The same decisions as scores of zero and one."""

    def forward(self, images):
        first = self.logits(images).argmax(dim=1)
        return torch.nn.functional.one_hot(first, 2).float()


class Nightfall(Linear):
    """Sees class 1 in dark images alone."""

    def forward(self, images):
        bright = images.flatten(1).mean(dim=1) - 0.2
        return torch.stack([bright, -bright], dim=1)


def walked(network, images, labels, queries):
    return Boundary(queries=queries)(
        network, images, labels, epsilon=6.0, seed=0, output_map="scores"
    )


def test_a_network_without_slopes_is_broken_as_one_with():
    images = middling(6)
    labels = answers(Linear(), images)
    smooth, stepped = (walked(each, images, labels, 200) for each in (Linear(), Stepped()))
    assert torch.equal(smooth, stepped)
    assert (answers(Linear(), smooth) != labels).all()


def test_a_longer_walk_ends_nearer():
    images = middling(6)
    labels = answers(Linear(), images)
    far = [
        (walked(Linear(), images, labels, queries) - images).flatten(1).norm(dim=1)
        for queries in (40, 400, 2000)
    ]
    assert (far[1] <= far[0]).all() and (far[2] < far[1]).all()


def test_a_walk_begins_at_the_nearest_image_that_errs():
    network, images = load_model("cnn").eval(), load_images("digits").limit(12)
    mapped = Adapter(network, OUTPUT_MAPS["scores"])
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        start = beginnings(mapped, images.images, images.labels)
    assert mapped.errs(start, images.labels).all()
    apart = torch.cdist(images.images.flatten(1), images.images.flatten(1))
    said = answers(network, images.images)
    for row, label in enumerate(images.labels):
        nearest = apart[row][said != label].min()
        assert (start[row] - images.images[row]).norm() <= nearest + 1e-3


def test_where_nothing_errs_no_walk_begins():
    images = middling(4)
    network = Linear()
    with torch.no_grad():
        network.weight.zero_()
        network.bias.copy_(torch.tensor([1.0, 0.0]))
    found = walked(network, images, torch.zeros(4, dtype=torch.int64), 100)
    assert torch.equal(found, images)


@pytest.mark.parametrize("shade", [0.0, 0.5])
def test_an_image_that_no_walk_began_from_was_not_attacked(shade):
    network = Nightfall().eval()
    images = torch.cat([middling(3), torch.full((1, 1, 6, 6), shade)])
    labels = answers(network, images)
    clean = unattacked(network, images, labels)
    walk = Boundary(queries=60)
    found = found_by(walk, network, clean, labels, seed=0, output_maps=("scores",))
    # The dark image is where the bright ones begin; noise is bright too.
    assert found.attacked.tolist() == [shade == 0.0] * 4
    assert torch.equal(found.attacked, found.distances.isfinite())
