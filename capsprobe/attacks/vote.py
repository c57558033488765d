"""The vote attack (Gu et al. 2021): around routing, at the votes themselves.

The twin has the network's weights, but no routing: each parent is the squashed mean of the votes
for it. What breaks the means is tried on the routed network.
"""

from dataclasses import dataclass, replace
from typing import ClassVar

from jaxtyping import Float, Int64
from torch import Tensor

from capsprobe.attacks.adapter import Adapter, Detour
from capsprobe.attacks.balls import LinfBall
from capsprobe.attacks.base import Attack, attacks
from capsprobe.attacks.budgets import Passes
from capsprobe.attacks.descent import check_descent, descend, descent_passes
from capsprobe.attacks.routed import lacks_following
from capsprobe.models.base import Network, Routed
from capsprobe.models.swapping import twin
from capsprobe.shapes import IMAGES


@attacks.register("vote")
@dataclass(frozen=True, kw_only=True)
class Vote(Attack):
    """Descent on a twin whose votes all count alike; the routed network says what breaks it."""

    name: ClassVar = "vote"
    norm: ClassVar = "linf"
    follows: ClassVar = True
    efforts: ClassVar = {"strong": {"steps": 100, "restarts": 5}}

    steps: int = 40
    restarts: int = 1

    def __post_init__(self) -> None:
        """Raise UsageFault where a number of steps or restarts cannot be meant."""
        check_descent(steps=self.steps, restarts=self.restarts)

    def lacks(self, network: Network) -> str:
        """Return what a network lacks that has no routing, or whose routing is the mean already."""
        if not isinstance(network, Routed):
            return "routing that can be exchanged"
        return lacks_following(network)

    def passes(self, classes: int) -> Passes:
        """Return two a step: the twin's, and that of the network itself."""
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
        """Return what errs most of all iterates of all runs, asked of the routed network."""
        uniform = twin(mapped.network, routing="uniform", iterations=1)
        return descend(
            Detour(mapped, uniform),
            images,
            labels,
            ball=LinfBall(epsilon),
            steps=self.steps,
            restarts=self.restarts,
        )
