import numpy as np
import pytest
import torch

from capsprobe.models.base import Frame, Gated
from capsprobe.models.checkpoints import build
from capsprobe.models.se_head import HIDDEN, LiteralExcitation

FRAME = Frame(width=8, types=2)
IMAGES = torch.rand(3, 1, 28, 28, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def excitation():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return LiteralExcitation(children=5, classes=3).double()


@pytest.fixture
def children():
    generator = torch.Generator().manual_seed(1)
    return torch.randn(4, 5, 8, dtype=torch.float64, generator=generator)


def literal(excitation, capsules, label):
    """Return sigmoid(W2 relu(W1 U)) of one class, in NumPy, as ARTICLE.md writes it."""
    first, second = (w.detach().numpy()[label] for w in (excitation.first, excitation.second))
    return 1.0 / (1.0 + np.exp(-second[None] @ np.maximum(first @ capsules, 0.0)))[0]


def test_every_class_is_the_literal_formula(excitation, children):
    found = excitation(children).detach().numpy()
    assert found.shape == (4, 3, 8)
    for image in range(4):
        for label in range(3):
            expected = literal(excitation, children[image].numpy(), label)
            np.testing.assert_allclose(found[image, label], expected, rtol=1e-12)


def test_the_constants_are_as_large_as_the_article_says(excitation):
    assert excitation.first.shape == (3, HIDDEN, 5)
    assert excitation.second.shape == (3, HIDDEN)


def test_the_weights_of_the_children_make_the_sum_before_the_sigmoid(excitation):
    generator = torch.Generator().manual_seed(2)
    # With one number a pose the mean over its dimensions is that number's own weight.
    children = torch.randn(4, 5, 1, dtype=torch.float64, generator=generator)
    summed = torch.einsum("bij,bid->bj", excitation.weights(children), children)
    torch.testing.assert_close(torch.sigmoid(summed), excitation(children)[:, :, 0])


def test_weights_change_with_the_image_only_where_a_rectifier_switches(excitation, children):
    weights = excitation.weights(children)
    torch.testing.assert_close(excitation.weights(2.0 * children), weights)
    assert not torch.allclose(excitation.weights(-children), weights)


def test_its_gates_are_one_number_a_child():
    network = build("se-head", FRAME, seed=0, decoder=False).eval()
    assert isinstance(network, Gated)
    (gates,) = network.gates(IMAGES)
    children = network.children_of(IMAGES)
    torch.testing.assert_close(gates, network.excitation.weights(children).sum(dim=2))
    assert gates.shape == children.shape[:2]


def test_children_of_nothing_are_scored_one_half():
    network = build("se-head", FRAME, seed=0, decoder=False).eval()
    vectors = network.excitation(torch.zeros(1, 32, 8)).flatten(1)
    torch.testing.assert_close(network.classify(vectors), torch.full((1, 10), 0.5))
