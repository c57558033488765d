"""The attack that knows the detector, and the detector, on a network whose distances are known."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from capsprobe.attacks.adapter import Adapter
from capsprobe.attacks.base import attacks
from capsprobe.attacks.detector import above, distances_of, looks
from capsprobe.attacks.norms import sizes
from capsprobe.attacks.output_maps import OUTPUT_MAPS
from capsprobe.attacks.undetected import Undetected, Watched
from capsprobe.faults import UsageFault
from capsprobe.models.base import Frame, Network
from tests.attacks.toys import Linear, assert_same, state

COUNT = 8


class Drawing(Network):
    """Class 1 where the first row holds more ink than a half of it; draws nothing at all.

    So the distance of an image is its length, whatever is in the rows below, and an attack that
    knows it takes away there what it adds above.
    """

    scores = "logits"

    def __init__(self):
        super().__init__()
        self.frame = Frame(classes=2, canvas=4)
        self.idle = nn.Parameter(torch.zeros(1))
        self.decoder = Nothing()

    def embed(self, images):
        ink = images[:, 0, 0].mean(dim=1)
        return torch.stack([0.5 + 0.0 * ink, ink], dim=1)

    def classify(self, embedding):
        return embedding * 10.0

    def forward(self, images):
        return self.classify(self.embed(images))


class Nothing(nn.Module):
    def forward(self, embedding):
        return 0.0 * embedding[:, :1, None, None].expand(-1, 1, 4, 4)


def zeros_and_labels():
    images = torch.full((COUNT, 1, 4, 4), 0.4)
    return images, torch.zeros(COUNT, dtype=torch.int64)


def search(threshold, epsilon, **settings):
    images, labels = zeros_and_labels()
    found = Undetected(threshold=threshold, **settings)(
        Drawing(), images, labels, epsilon=epsilon, seed=0, output_map="margin"
    )
    wrong = Drawing()(found).argmax(dim=1) == 1
    return found, wrong & (distances_of(Drawing(), found) <= threshold)


def test_the_distance_is_that_of_the_image_from_what_is_drawn():
    images = torch.rand(5, 1, 4, 4)
    expected = np.linalg.norm(images.double().numpy().reshape(5, -1), axis=1)
    np.testing.assert_allclose(distances_of(Drawing(), images).numpy(), expected, rtol=1e-6)


def test_what_is_wrong_but_could_not_be_near_is_not_found():
    """The first row needs 0.5 everywhere, all others can fall by epsilon at most."""
    epsilon = 0.15
    least = (4 * 0.5**2 + 12 * (0.4 - epsilon) ** 2) ** 0.5
    found, through = search(0.98 * least, epsilon, steps=20)
    assert not through.any()
    assert sizes(found - zeros_and_labels()[0], "linf").max() <= epsilon + 1e-6


def test_what_can_be_wrong_and_near_is_found_where_the_blind_attack_is_seen():
    epsilon = 0.15
    least = (4 * 0.5**2 + 12 * (0.4 - epsilon) ** 2) ** 0.5
    threshold = 1.1 * least
    images, labels = zeros_and_labels()
    blind = attacks["pgd"](steps=20)
    found = blind(Drawing(), images, labels, epsilon=epsilon, seed=0, output_map="margin")
    assert (Drawing()(found).argmax(dim=1) == 1).all()
    assert (distances_of(Drawing(), found) > threshold).all()
    _, through = search(threshold, epsilon, steps=40)
    assert through.all()


def test_looks_count_what_got_through_before():
    images, labels = zeros_and_labels()
    found = list(
        looks(
            Drawing(),
            images,
            labels,
            blind=attacks["pgd"](steps=5),
            aware=Undetected(threshold=1.45, steps=40),
            epsilons=(0.02, 0.15, 0.3),
            seed=0,
        )
    )
    counts = [[int(look.through[name].sum()) for look in found] for name in ("pgd", "aware")]
    assert not found[0].wrong.any() and found[1].wrong.all()
    assert counts[1] == [0, COUNT, COUNT]
    assert all(blind <= aware for blind, aware in zip(*counts, strict=True))
    assert counts[0] == sorted(counts[0])


@pytest.mark.parametrize(
    ("ink", "rest", "expected"),
    [(0.6, 0.0, True), (0.4, 0.0, False), (0.6, 0.9, False), (0.4, 0.9, False)],
)
def test_broken_is_what_is_wrong_and_near(ink, rest, expected):
    image = torch.full((1, 1, 4, 4), rest)
    image[:, :, 0] = ink
    watched = Watched(Adapter(Drawing(), OUTPUT_MAPS["margin"]), 2.0)
    nearness, broken = watched.judge(image, watched(image), torch.zeros(1, dtype=torch.int64))
    assert bool(broken) == expected == bool(nearness > 0.0)


def test_a_network_without_a_decoder_is_told_so():
    images, labels = torch.rand(2, 1, 6, 6), torch.zeros(2, dtype=torch.int64)
    with pytest.raises(UsageFault, match="expected a network with a decoder, got Linear"):
        Undetected(threshold=1.0)(
            Linear(), images, labels, epsilon=0.1, seed=0, output_map="scores"
        )


def test_network_and_generator_are_left_as_found():
    network = Drawing().train()
    images, labels = zeros_and_labels()
    before = state(network)
    Undetected(threshold=1.4, steps=3)(
        network, images, labels, epsilon=0.1, seed=0, output_map="scores"
    )
    assert_same(before, state(network))


@given(
    st.lists(st.floats(0.0, 30.0), min_size=1, max_size=60),
    st.sampled_from([0.01, 0.05, 0.1, 0.5]),
)
def test_above_the_threshold_lie_no_more_than_the_share_and_as_many_as_may(values, share):
    distances = torch.tensor(values, dtype=torch.float64)
    threshold = above(distances, share)
    assert threshold in values
    assert (distances > threshold).double().mean() <= share + 1e-12
    lower = distances[distances < threshold]
    if len(lower):
        assert (distances > lower.max()).double().mean() > share - 1e-12
