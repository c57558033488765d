"""The compact CapsNet with EM routing, whose costs are learned."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from capsprobe.models.base import Frame, Network, models
from capsprobe.models.capsnet import CapsNet
from capsprobe.routing.base import RoutingTrace
from capsprobe.routing.em import route_em
from capsprobe.routing.mixture import route_em_cast
from capsprobe.shapes import CHILDREN, PARENTS, VOTES, WEIGHT

# -ln 0.1
_START = 2.3


class LearnedEM(nn.Module):
    """EM routing with a learned beta_u and beta_a for each parent.

    beta_a starts at zero. beta_u starts at -ln 0.1, where a standard deviation of 0.1
    costs nothing: from zero all activations saturate at 1.0, and nothing is learned.
    """

    def __init__(self, parents: int) -> None:
        super().__init__()
        self.beta_u = nn.Parameter(torch.full((parents,), _START))
        self.beta_a = nn.Parameter(torch.zeros(parents))

    def forward(self, votes: Float[Tensor, VOTES], *, iterations: int) -> RoutingTrace:
        """Return the trace under the betas learned."""
        return route_em(votes, iterations=iterations, beta_u=self.beta_u, beta_a=self.beta_a)

    def block(
        self,
        children: Float[Tensor, CHILDREN],
        weight: Float[Tensor, WEIGHT],
        *,
        parents: int,
        iterations: int,
    ) -> Float[Tensor, PARENTS]:
        """Return the last parents under the betas learned."""
        return route_em_cast(
            children,
            weight,
            parents=parents,
            iterations=iterations,
            beta_u=self.beta_u,
            beta_a=self.beta_a,
        )


@models.register("capsnet-em")
def capsnet_em(frame: Frame) -> Network:
    """Return the compact CapsNet with three iterations of EM routing."""
    network = CapsNet(frame, routing="em", iterations=3)
    network.votes.learned["em"] = LearnedEM(frame.classes)
    return network
