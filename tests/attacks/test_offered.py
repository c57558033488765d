"""What a network offers an attack, beside answers known by hand."""

import pytest
import torch
from torch.nn.functional import cross_entropy

from capsprobe.attacks.offered import is_at_bound, offered
from capsprobe.faults import ModelFault
from tests.attacks.cheats import Detached, Honest, Restless, placed
from tests.attacks.toys import Linear, Undefined, assert_same, middling, state


def test_the_gradient_is_that_of_the_cross_entropy_by_hand():
    network, images = Linear(), middling()
    labels = torch.tensor([0, 1] * 6)
    weight, bias = (torch.from_numpy(each) for each in network.arrays)
    scores = images.flatten(1).double() @ weight.T + bias
    wrong = torch.softmax(scores, dim=1).gather(1, 1 - labels[:, None])[:, 0]
    expected = wrong * (weight[0] - weight[1]).norm()
    found = offered(network, images, labels, seed=0)
    torch.testing.assert_close(found.gradient, expected, rtol=1e-4, atol=1e-7)
    assert found.differentiable and (found.difference == 0.0).all()
    assert cross_entropy(scores, labels) > 0.0


def test_without_a_gradient_it_is_zero_and_said():
    images, labels = placed(count=4)
    found = offered(Detached(Honest()), images, labels, seed=0)
    assert not found.differentiable and (found.gradient == 0.0).all()


def test_two_passes_of_a_network_that_draws_differ():
    images, labels = placed(count=4)
    assert (offered(Restless(Honest()), images, labels, seed=0).difference > 1e-3).all()


@pytest.mark.parametrize(
    ("kind", "scores", "ends"),
    [
        ("logits", [0.2, 0.8], True),
        ("logits", [-1.0, 1.0], True),
        ("logits", [0.2, 1.1], False),
        ("lengths", [0.2, 0.99999], False),
        ("lengths", [0.2, 1.0], True),
    ],
)
def test_where_scores_end(kind, scores, ends):
    assert is_at_bound(torch.tensor([scores]), kind).tolist() == [ends]


def test_network_and_generator_are_left_as_found():
    images, labels = placed(count=4)
    network = Honest().train()
    before = state(network)
    offered(network, images, labels, seed=0)
    assert_same(before, state(network))


def test_scores_that_are_not_finite_are_refused():
    with pytest.raises(ModelFault, match="finite scores"):
        offered(Undefined(), middling(), torch.zeros(12, dtype=torch.int64), seed=0)
