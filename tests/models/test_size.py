from itertools import combinations

import pytest
import torch
from torch import nn

from capsprobe.models.base import Frame, Network, models
from capsprobe.models.decoder import attach
from capsprobe.models.size import (
    decoder_parameters,
    macs,
    macs_by_part,
    parameters,
    routing_macs,
)
from capsprobe.routing.base import blocks
from capsprobe.routing.dynamic import route_dynamic
from capsprobe.routing.uniform import route_uniform

MATCHED = ("capsnet", "senet", "cnn")
OTHER_HEADS = (
    "capsnet-uniform",
    "capsnet-article",
    "capsnet-kmeans",
    "capsnet-em",
    "capsnet-attention",
    "se-head",
)
FRAMES = [
    Frame(canvas=canvas, width=width, types=types)
    for canvas in (28, 36, 40)
    for width, types in ((48, 5), (24, 3))
]


class Layers(Network):
    """Layers whose size can be counted by hand, called between other things."""

    scores = "logits"
    frame = Frame(classes=3, canvas=6)

    def __init__(self):
        super().__init__()
        self.convolution = nn.Conv2d(1, 2, 3)
        self.linear = nn.Linear(32, 3)

    def forward(self, images):
        scores = self.linear(self.convolution(images).flatten(1))
        return scores @ torch.eye(3)


@pytest.mark.parametrize("frame", FRAMES, ids=str)
@pytest.mark.parametrize("quantity", [parameters, macs])
def test_capsnet_senet_and_cnn_are_of_one_size(frame, quantity):
    sizes = {name: quantity(models[name](frame)) for name in MATCHED}
    for one, other in combinations(sizes.values(), 2):
        assert abs(one - other) <= 0.05 * min(one, other), sizes


@pytest.mark.parametrize("frame", FRAMES, ids=str)
@pytest.mark.parametrize("name", OTHER_HEADS)
def test_every_other_head_has_as_many_parameters_as_capsnet(frame, name):
    own, expected = (parameters(models[each](frame)) for each in (name, "capsnet"))
    assert abs(own - expected) <= 0.05 * expected


@pytest.mark.parametrize("frame", FRAMES, ids=str)
@pytest.mark.parametrize("name", [*MATCHED, *OTHER_HEADS])
def test_compact_models_have_at_most_300_thousand_parameters(frame, name):
    assert parameters(models[name](frame)) <= 300_000


def test_sharing_transforms_saves_weights_and_no_arithmetic():
    shared, apart = (models[name](Frame()) for name in ("capsnet-shared", "capsnet"))
    assert macs_by_part(shared) == macs_by_part(apart)
    places = shared.votes.places
    assert apart.votes.weight.numel() == places * shared.votes.weight.numel() and places > 1


def test_layers_counted_by_hand():
    network = Layers()
    assert parameters(network) == (2 * 9 + 2) + (32 * 3 + 3)
    assert macs_by_part(network) == {
        "convolution": 2 * 16 * 9,
        "linear": 32 * 3,
        "rest": 3 * 3,
    }
    assert macs(network) == 288 + 96 + 9


def test_the_counting_leaves_the_mode_of_each_module():
    network = Layers().train()
    network.linear.eval()
    macs(network)
    assert (network.training, network.linear.training) == (True, False)


def test_the_decoder_is_counted_apart():
    network = models["cnn"](Frame(width=8, types=2))
    plain = parameters(network)
    assert decoder_parameters(network) == 0
    attach(network)
    assert parameters(network) == plain
    assert decoder_parameters(network) == sum(p.numel() for p in network.decoder.parameters())


@pytest.mark.parametrize("iterations", [1, 3, 10])
def test_routing_costs_a_sum_a_round_and_an_agreement_between_rounds(iterations):
    trace = route_dynamic(torch.ones(1, 7, 5, 3), iterations=iterations)
    assert routing_macs(trace) == 7 * 5 * 3 * (2 * iterations - 1)


def test_what_uniform_routing_repeats_is_counted_once():
    assert routing_macs(route_uniform(torch.ones(1, 7, 5, 3), iterations=4)) == 7 * 5 * 3


def test_votes_and_routing_are_counted_alike_with_and_without_a_fast_path(monkeypatch):
    network = models["capsnet"](Frame(width=8, types=2))
    expected = macs_by_part(network)
    monkeypatch.setattr(blocks, "_members", {})
    assert macs_by_part(network) == expected
    assert expected["votes"] == 2 * 16 * 8 * 10 * 16
    assert expected["routing"] == 2 * 16 * 10 * 16 * 5
