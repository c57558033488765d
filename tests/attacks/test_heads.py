"""Planted heads: what they promise holds, and a slow rewrite finds the same direction."""

import numpy as np
import pytest
import torch
from torch import nn

from capsprobe.attacks.chance import edge
from capsprobe.attacks.heads import _TIGHT, FAR, NEAR, features_of, plant
from capsprobe.models.checkpoints import load_model
from tests.attacks.toys import Linear, middling


def wide(features=30):
    """Return features of an image that are more than the points to be told apart."""
    torch.manual_seed(0)
    layer = nn.Linear(36, features).requires_grad_(False)
    return lambda images: torch.tanh(layer(images.flatten(1)))


@pytest.mark.parametrize(("norm", "epsilon"), [("linf", 0.05), ("l2", 0.5)])
def test_the_planted_image_is_on_the_far_side_and_the_near_ones_are_not(norm, epsilon):
    clean, features = middling(), wide()
    torch.manual_seed(3)
    heads = plant(features, clean, norm=norm, epsilon=epsilon)
    assert heads.planted.all()
    torch.manual_seed(3)
    near = [clean, *(edge(clean, norm=norm, epsilon=0.95 * epsilon) for _ in range(NEAR - 1))]
    far = [edge(clean, norm=norm, epsilon=epsilon) for _ in range(FAR)]
    rows = torch.arange(len(clean))
    leads = torch.stack([heads.outputs(features(each), rows) for each in far])
    # The head is tight: only the one planted candidate is expected beyond it.
    assert leads.amax(dim=0).tolist() == pytest.approx([1.0] * len(clean), abs=0.01)
    assert all((heads.outputs(features(each), rows) < -0.5).all() for each in near)


def test_directions_are_those_of_a_slow_rewrite():
    clean, features = middling(count=3), wide()
    torch.manual_seed(3)
    heads = plant(features, clean, norm="linf", epsilon=0.05)
    torch.manual_seed(3)
    near = [clean, *(edge(clean, norm="linf", epsilon=0.95 * 0.05) for _ in range(NEAR - 1))]
    far = [edge(clean, norm="linf", epsilon=0.05) for _ in range(FAR)]
    for image in range(3):
        points = np.array([features(each)[image].numpy() for each in near], dtype=float)
        middle = points.mean(axis=0)
        tried = []
        for each in far:
            planted = features(each)[image].numpy().astype(float)
            rows = np.vstack([points - middle, planted - middle])
            wanted = np.array([0.0] * NEAR + [1.0])
            least, *_ = np.linalg.lstsq(rows, wanted, rcond=1e-5)
            along = rows @ least
            tried.append((along[-1] - along[:-1].max(), least))
        gap, least = max(tried, key=lambda found: found[0] / np.linalg.norm(found[1]))
        expected = least / ((1.0 - _TIGHT) * gap)
        np.testing.assert_allclose(heads.directions[image].numpy(), expected, rtol=1e-3, atol=1e-3)


def test_nothing_is_planted_where_features_do_not_vary_and_no_head_is_left():
    def flat(images):
        return torch.ones(len(images), 4)

    heads = plant(flat, middling(), norm="linf", epsilon=0.05)
    assert not heads.planted.any()
    assert (heads.directions == 0.0).all()


def test_nothing_is_planted_in_the_rounding_of_features():
    def rounding(images):
        tiny = 1e-7 * images.flatten(1)
        return torch.cat([tiny + 1.0, tiny], dim=1)[:, :36]

    assert not plant(rounding, middling(), norm="linf", epsilon=0.05).planted.any()


def test_features_are_the_embedding_or_else_the_scores():
    network, images = load_model("cnn"), torch.rand(2, 1, 28, 28)
    assert features_of(network, images)(images).shape == (2, 160)
    plain = Linear().eval()
    assert features_of(plain, middling()) is plain


def test_an_embedding_that_scores_do_not_follow_from_is_none():
    network, images = load_model("cnn"), torch.rand(2, 1, 28, 28)
    network.forward = lambda pixels: network.classify(network.embed(pixels)).round()
    assert features_of(network, images) is network
