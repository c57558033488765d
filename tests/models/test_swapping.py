import pytest
import torch

from capsprobe.faults import UsageFault
from capsprobe.models.base import Frame, models
from capsprobe.models.checkpoints import build
from capsprobe.models.swapping import swap, swapped, twin
from capsprobe.routing.base import length, routings

IMAGES = torch.rand(3, 1, 28, 28, generator=torch.Generator().manual_seed(0))


@pytest.fixture(params=["capsnet", "capsnet-uniform", "capsnet-kmeans", "capsnet-sabour"])
def network(request):
    return build(request.param, Frame(width=8, types=2), seed=0, decoder=False).eval()


@pytest.mark.parametrize("routing", list(routings))
def test_a_swapped_network_scores_by_the_other_routing_over_its_own_votes(network, routing):
    votes = network.trace(IMAGES).votes
    expected = length(routings[routing](votes, iterations=2).parents[-1])
    with swapped(network, routing=routing, iterations=2) as other:
        torch.testing.assert_close(other(IMAGES), expected)
        assert len(other.trace(IMAGES).parents) == 2


def test_the_own_routing_comes_back_after_an_error(network):
    before = network(IMAGES)
    own = (network.routing, network.iterations)
    with (
        pytest.raises(RuntimeError, match="inside"),
        swapped(network, routing="dynamic", iterations=7),
    ):
        assert (network.routing, network.iterations) == ("dynamic", 7)
        raise RuntimeError("inside")
    assert (network.routing, network.iterations) == own
    assert torch.equal(network(IMAGES), before)


def test_swapping_for_good_is_what_the_other_head_computes():
    frame = Frame(width=8, types=2)
    uniform = build("capsnet-uniform", frame, seed=0, decoder=False).eval()
    network = build("capsnet", frame, seed=0, decoder=False).eval()
    swap(network, routing="uniform", iterations=1)
    assert torch.equal(network(IMAGES), uniform(IMAGES))


@pytest.mark.parametrize("name", ["cnn", "senet", "se-head"])
def test_a_network_without_routing_is_a_usage_fault(name):
    network = models[name](Frame(width=8, types=2))
    with (
        pytest.raises(
            UsageFault, match="expected a model with routing, got (ConvNet|SENet|SeHead)"
        ),
        swapped(network, routing="uniform", iterations=1),
    ):
        raise AssertionError("never reached")


@pytest.mark.parametrize(
    ("routing", "iterations", "words"),
    [("unifrom", 1, "Did you mean 'uniform'?"), ("dynamic", 0, "got 0"), ("dynamic", 1000, "1000")],
)
def test_a_wrong_swap_changes_nothing(network, routing, iterations, words):
    own = (network.routing, network.iterations)
    with pytest.raises(UsageFault, match=words):
        swap(network, routing=routing, iterations=iterations)
    assert (network.routing, network.iterations) == own


def test_a_twin_shares_the_weights_and_leaves_the_network_its_routing(network):
    own, before = (network.routing, network.iterations), network(IMAGES)
    other = twin(network, routing="uniform", iterations=1)
    expected = length(routings["uniform"](network.trace(IMAGES).votes, iterations=1).parents[-1])
    torch.testing.assert_close(other(IMAGES), expected)
    assert (network.routing, network.iterations) == own
    assert torch.equal(network(IMAGES), before)
    pairs = zip(network.parameters(), other.parameters(), strict=True)
    assert all(one is same for one, same in pairs)
