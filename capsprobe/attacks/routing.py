"""An attack on routing itself: it moves the coefficients as far as it can.

It does not ask what the network answers: whether that changes is seen afterwards, as for any
attack. Where the answer rests on the coefficients, it follows them.
"""

from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from capsprobe.attacks.adapter import Adapter
from capsprobe.attacks.balls import LinfBall
from capsprobe.attacks.base import Attack, attacks
from capsprobe.attacks.budgets import Passes
from capsprobe.attacks.descent import Look, check_descent, descend, descent_passes
from capsprobe.attacks.routed import lacks_following
from capsprobe.models.base import Network, Traceable
from capsprobe.models.batches import in_batches
from capsprobe.models.inference import device_of
from capsprobe.routing.shares import divergence, shares_of
from capsprobe.shapes import COEFFICIENTS, IMAGES

# Shares as small as this count alike: the divergence's slope has no bound at zero.
_LEAST = 1e-12


@attacks.register("routing")
@dataclass(frozen=True, kw_only=True)
class Routing(Attack):
    """Ascent of the divergence of the routing coefficients from those of the clean image."""

    name: ClassVar = "routing"
    norm: ClassVar = "linf"
    follows: ClassVar = True
    # The scores only tell what is broken.
    made_for: ClassVar = ("scores",)
    efforts: ClassVar = {"strong": {"steps": 100, "restarts": 5}}

    steps: int = 40
    restarts: int = 1

    def __post_init__(self) -> None:
        """Raise UsageFault where a number of steps or restarts cannot be meant."""
        check_descent(steps=self.steps, restarts=self.restarts)

    def lacks(self, network: Network) -> str:
        """Return what a network lacks whose coefficients cannot be moved."""
        return lacks_following(network)

    def passes(self, classes: int) -> Passes:
        """Return three a step: that of the scores, and two that show coefficients."""
        once = descent_passes(steps=self.steps, restarts=self.restarts)
        return replace(once, forward=3 * once.forward)

    def perturb(
        self,
        mapped: Adapter,
        images: Float[Tensor, IMAGES],
        labels: Int64[Tensor, " images"],
        *,
        epsilon: float,
    ) -> Float[Tensor, IMAGES]:
        """Return what breaks the network, or else what errs most on the way."""
        network = mapped.network
        assert isinstance(network, Traceable)

        def moved(look: Look) -> Tensor:
            with torch.no_grad():
                clean = last_shares(network, look.clean)
            return divergence(last_shares(network, look.images), clean)

        return descend(
            mapped,
            images,
            labels,
            ball=LinfBall(epsilon),
            steps=self.steps,
            restarts=self.restarts,
            objective=moved,
        )


def last_shares(network: Traceable, images: Float[Tensor, IMAGES]) -> Float[Tensor, COEFFICIENTS]:
    """Return what each child gives to each parent in the end."""
    return shares_of(network.trace(images))[-1].clamp(min=_LEAST)


def shift(
    network: Network, images: Float[Tensor, IMAGES], clean: Float[Tensor, IMAGES]
) -> Float[Tensor, " images"]:
    """Return by how much coefficients differ from those of the clean images, in bits.

    The network shows its routing. The images, and what is returned, lie anywhere.
    """
    assert isinstance(network, Traceable)
    traceable, device = network, device_of(network)

    def few(rows: slice) -> Tensor:
        with torch.no_grad():
            now, before = (
                last_shares(traceable, each[rows].to(device)) for each in (images, clean)
            )
            return divergence(now, before).to(images.device)

    return torch.cat([part for _, part in in_batches(network, len(images), few)])
