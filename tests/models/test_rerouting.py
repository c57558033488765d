import pytest
import torch

from capsprobe.faults import ModelFault
from capsprobe.models.base import Frame
from capsprobe.models.checkpoints import build
from capsprobe.models.rerouting import answer, capsular, children_of, reroute, votes_of
from capsprobe.models.swapping import swapped
from capsprobe.routing.base import routings

IMAGES = torch.rand(3, 1, 28, 28, generator=torch.Generator().manual_seed(0))


@pytest.fixture(params=["capsnet", "capsnet-em", "capsnet-attention", "capsnet-sabour"])
def network(request):
    return build(request.param, Frame(width=8, types=2), seed=0, decoder=False).eval()


@pytest.mark.parametrize("routing", list(routings))
def test_an_answer_is_that_of_the_swapped_network(network, routing):
    found = answer(network, children_of(network, IMAGES), routing=routing, iterations=2)
    with swapped(network, routing=routing, iterations=2), torch.no_grad():
        torch.testing.assert_close(found, network(IMAGES))


def test_its_own_routing_over_its_own_votes_is_its_trace(network):
    votes = votes_of(network, children_of(network, IMAGES))
    found = reroute(network, votes, iterations=network.iterations)
    expected = network.trace(IMAGES)
    torch.testing.assert_close(found.votes, expected.votes)
    torch.testing.assert_close(found.parents[-1], expected.parents[-1])


def test_a_network_without_routing_is_refused():
    with pytest.raises(ModelFault, match="expected a network that routes votes, got ConvNet"):
        capsular(build("cnn", Frame(width=8, types=2), seed=0, decoder=False))
