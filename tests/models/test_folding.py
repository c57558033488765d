"""Folding changes what is computed, not what comes out."""

import pytest
import torch

from capsprobe.data.views import load_images
from capsprobe.models.base import Frame, models
from capsprobe.models.checkpoints import load_model
from capsprobe.models.folding import fold

MODELS = ["capsnet", "capsnet-uniform", "senet", "cnn"]


@pytest.fixture(scope="module")
def images():
    return load_images("digits").limit(20).images


@pytest.mark.parametrize("name", MODELS)
def test_scores_stay_the_same_but_for_rounding(name, images):
    network, folded = load_model(name), fold(load_model(name))
    with torch.no_grad():
        torch.testing.assert_close(folded(images), network(images), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("name", MODELS)
def test_gradients_stay_the_same_but_for_rounding(name, images):
    found = []
    for network in (load_model(name), fold(load_model(name))):
        pixels = images.clone().requires_grad_()
        network(pixels).square().sum().backward()
        found.append(pixels.grad)
    torch.testing.assert_close(*found, atol=1e-4, rtol=1e-3)


@pytest.mark.parametrize("name", MODELS)
def test_no_normalisation_is_left(name):
    folded = fold(load_model(name))
    assert not [part for part in folded.modules() if isinstance(part, torch.nn.BatchNorm2d)]


def test_a_network_without_the_trunk_is_left_as_it_is():
    network = models["capsnet-sabour"](Frame(classes=3)).eval()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    after = fold(network).state_dict()
    assert all(torch.equal(after[name], before[name]) for name in before)
