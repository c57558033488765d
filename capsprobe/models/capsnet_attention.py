"""The compact CapsNet with self-attention routing, whose log priors are learned."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from capsprobe.models.base import Frame, Network, models
from capsprobe.models.capsnet import CapsNet
from capsprobe.routing.attention import route_attention, route_attention_cast
from capsprobe.routing.base import RoutingTrace
from capsprobe.shapes import CHILDREN, PARENTS, VOTES, WEIGHT


class LearnedAttention(nn.Module):
    """Self-attention routing with a learned log prior for each child and parent, at first zero."""

    def __init__(self, *, children: int, parents: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(children, parents))

    def forward(self, votes: Float[Tensor, VOTES], *, iterations: int) -> RoutingTrace:
        """Return the trace under the log priors learned."""
        return route_attention(votes, iterations=iterations, bias=self.bias)

    def block(
        self,
        children: Float[Tensor, CHILDREN],
        weight: Float[Tensor, WEIGHT],
        *,
        parents: int,
        iterations: int,
    ) -> Float[Tensor, PARENTS]:
        """Return the parents under the log priors learned."""
        return route_attention_cast(
            children, weight, parents=parents, iterations=iterations, bias=self.bias
        )


@models.register("capsnet-attention")
def capsnet_attention(frame: Frame) -> Network:
    """Return the compact CapsNet with one pass of self-attention routing."""
    network = CapsNet(frame, routing="attention", iterations=1)
    network.votes.learned["attention"] = LearnedAttention(
        children=len(network.votes.weight), parents=frame.classes
    )
    return network
