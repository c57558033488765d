"""Networks of primary capsules and votes: their votes, and routings over these or other votes.

What comes back lies in the processor's memory, whatever the network runs on.
"""

from dataclasses import replace
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor

from capsprobe.faults import ModelFault
from capsprobe.models.base import Network, Routed
from capsprobe.models.capsules import Votes
from capsprobe.routing.base import RoutingTrace
from capsprobe.shapes import CHILDREN, IMAGES, SCORES, VOTES


@runtime_checkable
class Capsular(Routed, Protocol):
    """A network whose scores are made of routed votes that its primary capsules cast."""

    votes: Votes

    def children_of(self, images: Float[Tensor, IMAGES]) -> Float[Tensor, CHILDREN]:
        """Return the primary capsules' poses."""

    def classify(self, embedding: Float[Tensor, "images features"]) -> Float[Tensor, SCORES]:
        """Return the scores of class capsules that lie side by side."""


def capsular(network: Network) -> Capsular:
    """Return the network as one that routes votes; raise ModelFault where it does not."""
    if not isinstance(network, Capsular):
        raise ModelFault(f"expected a network that routes votes, got {type(network).__name__}")
    return network


def children_of(network: Capsular, images: Float[Tensor, IMAGES]) -> Float[Tensor, CHILDREN]:
    """Return the primary capsules' poses without gradients.

    Raises
    ------
    ModelFault
        Where one is not finite.
    """
    with torch.no_grad():
        children = network.children_of(images.to(_device(network))).cpu()
    if not torch.isfinite(children).all():
        raise ModelFault("expected finite poses, got NaN or infinity")
    return children


def votes_of(network: Capsular, children: Float[Tensor, CHILDREN]) -> Float[Tensor, VOTES]:
    """Return what the children predict, without gradients."""
    with torch.no_grad():
        return network.votes(children.to(_device(network))).cpu()


def reroute(network: Capsular, votes: Float[Tensor, VOTES], *, iterations: int) -> RoutingTrace:
    """Return the trace of the network's routing over any votes, without gradients."""
    with torch.no_grad():
        trace = network.votes.reroute(
            votes.to(_device(network)), routing=network.routing, iterations=iterations
        )
    return replace(
        trace,
        votes=votes,
        logits=tuple(each.cpu() for each in trace.logits),
        coefficients=tuple(each.cpu() for each in trace.coefficients),
        parents=tuple(each.cpu() for each in trace.parents),
    )


def answer(
    network: Capsular, children: Float[Tensor, CHILDREN], *, routing: str, iterations: int
) -> Float[Tensor, SCORES]:
    """Return the scores of the network with a routing in place of its own, without gradients."""
    with torch.no_grad():
        routed = network.votes.route(
            children.to(_device(network)), routing=routing, iterations=iterations
        )
        return network.classify(routed.flatten(1)).cpu()


def _device(network: Capsular) -> torch.device:
    return network.votes.weight.device
