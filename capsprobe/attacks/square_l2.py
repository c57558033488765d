"""The Square attack in the Euclidean norm (Andriushchenko et al. 2020)."""

from dataclasses import dataclass
from typing import ClassVar

import torch
import torchattacks
from jaxtyping import Float, Int64
from torch import Tensor

from capsprobe.attacks.adapter import Adapter
from capsprobe.attacks.base import Attack
from capsprobe.faults import UsageFault
from capsprobe.models.base import Network
from capsprobe.shapes import IMAGES


@dataclass(frozen=True, kw_only=True)
class SquareL2(Attack):
    """Squares that trade their size with one another, kept where they hurt.

    It measures whether gradients are masked, so it is not registered among attacks.
    """

    name: ClassVar = "square-l2"
    norm: ClassVar = "l2"
    sees: ClassVar = "scores"

    queries: int = 300

    def __post_init__(self) -> None:
        """Raise UsageFault where a number of queries cannot be meant."""
        if self.queries < 1:
            raise UsageFault(f"expected queries >= 1, got {self.queries}")

    def lacks(self, network: Network) -> str:
        """Return what a network lacks on whose canvas torchattacks' grid of squares has no place.

        It lays squares of a fifth of the side, rounded down, beside one another from the middle of
        what is left of five; where six fit, the last hangs over the edge.
        """
        side = network.frame.canvas
        return "" if side >= 15 and side // (side // 5) == 5 else "a canvas of five squares"

    def perturb(
        self,
        mapped: Adapter,
        images: Float[Tensor, IMAGES],
        labels: Int64[Tensor, " images"],
        *,
        epsilon: float,
    ) -> Float[Tensor, IMAGES]:
        """Return the images after the last query that hurt each."""
        # torchattacks resets the global generator to the seed that it is given.
        seed = int(torch.randint(2**31, ()))
        search = torchattacks.Square(
            mapped, norm="L2", eps=epsilon, n_queries=self.queries, seed=seed
        )
        return search(images, labels)
