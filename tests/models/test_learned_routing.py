"""Heads whose routing has weights of its own."""

import pytest
import torch

from capsprobe.models.base import Frame
from capsprobe.models.checkpoints import build
from capsprobe.models.swapping import swapped
from capsprobe.routing.attention import route_attention
from capsprobe.routing.em import route_em
from capsprobe.routing.plain import route_plain

FRAME = Frame(width=8, types=2)
IMAGES = torch.rand(3, 1, 28, 28, generator=torch.Generator().manual_seed(0))
WEIGHTS = {"em": {"beta_u", "beta_a"}, "attention": {"bias"}}


@pytest.fixture(params=sorted(WEIGHTS))
def routing(request):
    return request.param


@pytest.fixture
def network(routing):
    network = build(f"capsnet-{routing}", FRAME, seed=0, decoder=False).eval()
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for weights in network.votes.learned.parameters():
            weights += 0.5 * torch.randn(weights.shape, generator=generator)
    return network


def test_what_is_learned_is_among_the_weights(network, routing):
    prefix = f"votes.learned.{routing}."
    found = {key.removeprefix(prefix) for key in network.state_dict() if key.startswith(prefix)}
    assert found == WEIGHTS[routing]


def test_it_routes_with_what_it_has_learned(network, routing):
    votes = network.trace(IMAGES).votes
    learned = dict(network.votes.learned[routing].named_parameters())
    function = {"em": route_em, "attention": route_attention}[routing]
    expected = function(votes, iterations=network.iterations, **learned).parents[-1]
    torch.testing.assert_close(network(IMAGES), expected.norm(dim=2))
    plain = function(votes, iterations=network.iterations).parents[-1]
    assert not torch.allclose(network(IMAGES), plain.norm(dim=2), atol=1e-3)


def test_what_is_learned_gets_a_gradient(network):
    network(IMAGES).square().sum().backward()
    assert all(bool(weights.grad.any()) for weights in network.votes.learned.parameters())


def test_its_fast_path_is_the_plain_path_and_so_are_all_gradients(network, routing):
    votes, learned = network.votes, network.votes.learned[routing]
    children = network.children_of(IMAGES).detach().requires_grad_()
    given = {"parents": votes.parents, "iterations": 3}
    found = []
    for routed in (
        learned.block(children, votes.weight, **given),
        route_plain(learned, children, votes.weight, **given),
    ):
        wanted = (children, votes.weight, *learned.parameters())
        found.append((routed, *torch.autograd.grad(routed.square().sum(), wanted)))
    for mine, expected in zip(*found, strict=True):
        # A block may compute in single precision: small entries are as exact as the largest.
        largest = expected.abs().max()
        torch.testing.assert_close(mine / largest, expected / largest, atol=1e-4, rtol=0.0)


def test_a_swapped_routing_knows_nothing_of_what_was_learned(network):
    with swapped(network, routing="dynamic", iterations=3):
        before = network(IMAGES)
    with torch.no_grad():
        for weights in network.votes.learned.parameters():
            weights += 1.0
    with swapped(network, routing="dynamic", iterations=3):
        assert torch.equal(network(IMAGES), before)


def test_a_capsnet_without_learned_routing_has_no_more_weights_than_before():
    network = build("capsnet", FRAME, seed=0, decoder=False)
    assert not any("learned" in key for key in network.state_dict())
