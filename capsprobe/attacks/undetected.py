"""An attack that knows the detector: it wants a wrong answer whose reconstruction is near.

The detector is that of Frosst, Sabour and Hinton (2018): an image is suspect where it is far from
what its winning capsule draws. Qin et al. (2020) attack it by minimising the distance too.
"""

from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor
from torch.nn.functional import cross_entropy

from capsprobe.attacks.adapter import Adapter, Detour, behind
from capsprobe.attacks.balls import LinfBall
from capsprobe.attacks.base import Attack
from capsprobe.attacks.budgets import Passes
from capsprobe.attacks.descent import Look, check_descent, descend, descent_passes
from capsprobe.models.base import Network
from capsprobe.models.decoder import can_redraw, distance_from_winner
from capsprobe.shapes import IMAGES, SCORES

DECODER = "a decoder"


def lacks_decoder(network: Network) -> str:
    """Return what a network lacks that cannot draw an image from an embedding."""
    return "" if can_redraw(network) else DECODER


@dataclass(frozen=True, kw_only=True)
class Undetected(Attack):
    """Descent on the answer, and where that is wrong on the distance from the reconstruction.

    It belongs to a network with its detector, so it is not registered among attacks on networks.
    An image is broken where the network errs and the distance is at most `threshold`.
    """

    name: ClassVar = "undetected"
    norm: ClassVar = "linf"

    threshold: float
    steps: int = 40
    restarts: int = 1

    def __post_init__(self) -> None:
        """Raise UsageFault where a number of steps or restarts cannot be meant."""
        check_descent(steps=self.steps, restarts=self.restarts)

    def lacks(self, network: Network) -> str:
        """Return what a network without a decoder lacks."""
        return lacks_decoder(network)

    def passes(self, classes: int) -> Passes:
        """Return four a step: of scores and distance, to follow and to judge by; two go back."""
        once = descent_passes(steps=self.steps, restarts=self.restarts)
        return replace(once, forward=4 * once.forward, backward=2 * once.backward)

    def perturb(
        self,
        mapped: Adapter,
        images: Float[Tensor, IMAGES],
        labels: Int64[Tensor, " images"],
        *,
        epsilon: float,
    ) -> Float[Tensor, IMAGES]:
        """Return what is broken, or else what comes nearest to it."""

        def quietly_wrong(look: Look) -> Tensor:
            # One aim at a time, that which is not met: a sum of both would need a weight between
            # numbers of different scale.
            wrong = behind(look.scores.detach(), look.labels) > 0.0
            entropy = cross_entropy(look.scores, look.labels, reduction="none")
            return torch.where(wrong, -distance_from_winner(mapped.network, look.images), entropy)

        return descend(
            Watched(mapped, self.threshold),
            images,
            labels,
            ball=LinfBall(epsilon),
            steps=self.steps,
            restarts=self.restarts,
            objective=quietly_wrong,
        )


class Watched(Detour):
    """Scores of the network; broken is what it errs on while the detector sees nothing."""

    def __init__(self, mapped: Adapter, threshold: float) -> None:
        super().__init__(mapped, mapped.raw)
        self._threshold = threshold

    def judge(
        self,
        images: Float[Tensor, IMAGES],
        mapped: Float[Tensor, SCORES],
        labels: Int64[Tensor, " images"],
    ) -> tuple[Float[Tensor, " images"], Bool[Tensor, " images"]]:
        """Return the lesser of lead and spare distance as part of the threshold, and their sign."""
        lost, wrong = super().judge(images, mapped, labels)
        with torch.no_grad():
            spare = 1.0 - distance_from_winner(self.network, images) / self._threshold
        return torch.minimum(lost, spare), wrong & (spare >= 0.0)
