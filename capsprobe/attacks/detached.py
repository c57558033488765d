"""Descent that takes the routing coefficients for constants: routing detached.

The scores are those of the network; on the way back the gradient passes through the votes alone.
What the coefficients contribute to the full gradient can hide where the votes lead. Through all
rounds of routing, unrolled, goes every attack that follows the network's own gradient, PGD first.
"""

from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from capsprobe.attacks.adapter import Adapter, Detour
from capsprobe.attacks.balls import LinfBall
from capsprobe.attacks.base import Attack, attacks
from capsprobe.attacks.budgets import Passes
from capsprobe.attacks.descent import check_descent, descend, descent_passes
from capsprobe.attacks.routed import lacks_following, lacks_summing
from capsprobe.models.base import Network
from capsprobe.models.rerouting import Capsular, capsular
from capsprobe.routing.base import RoutingTrace
from capsprobe.routing.dynamic import weighted_parents
from capsprobe.shapes import IMAGES, SCORES, VOTES


@attacks.register("detached")
@dataclass(frozen=True, kw_only=True)
class Detached(Attack):
    """Descent with the routing coefficients as constants on the way back."""

    name: ClassVar = "detached"
    norm: ClassVar = "linf"
    follows: ClassVar = True
    efforts: ClassVar = {"strong": {"steps": 100, "restarts": 5}}

    steps: int = 40
    restarts: int = 1

    def __post_init__(self) -> None:
        """Raise UsageFault where a number of steps or restarts cannot be meant."""
        check_descent(steps=self.steps, restarts=self.restarts)

    def lacks(self, network: Network) -> str:
        """Return what a network lacks whose votes and coefficients do not make its parents."""
        if not isinstance(network, Capsular):
            return "votes that are routed"
        return lacks_following(network) or lacks_summing(network)

    def passes(self, classes: int) -> Passes:
        """Return two a step: one with coefficients held constant, one of the network itself."""
        once = descent_passes(steps=self.steps, restarts=self.restarts)
        return replace(once, forward=2 * once.forward)

    def perturb(
        self,
        mapped: Adapter,
        images: Float[Tensor, IMAGES],
        labels: Int64[Tensor, " images"],
        *,
        epsilon: float,
    ) -> Float[Tensor, IMAGES]:
        """Return what errs most of all iterates of all runs."""
        network = capsular(mapped.network)

        def scores(few: Tensor) -> Tensor:
            return detached(network, few)

        return descend(
            Detour(mapped, scores),
            images,
            labels,
            ball=LinfBall(epsilon),
            steps=self.steps,
            restarts=self.restarts,
        )


def detached(network: Capsular, images: Float[Tensor, IMAGES]) -> Float[Tensor, SCORES]:
    """Return the network's scores, whose gradient takes the last coefficients for constants."""

    def route(votes: Float[Tensor, VOTES], *, iterations: int) -> RoutingTrace:
        with torch.no_grad():
            trace = network.votes.reroute(votes, routing=network.routing, iterations=iterations)
        parents = weighted_parents(votes, trace.coefficients[-1])
        return replace(trace, votes=votes, parents=(*trace.parents[:-1], parents))

    children = network.children_of(images)
    with torch.autocast(images.device.type, enabled=False):
        poses = network.votes.through(route, children, iterations=network.iterations)
        return network.classify(poses.flatten(1))
