"""The Square attack (Andriushchenko et al. 2020): random search that sees scores alone.

It follows no gradient. Where it beats an attack that does, the gradients were masked.
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
import torchattacks
from jaxtyping import Float, Int64
from torch import Tensor

from capsprobe.attacks.adapter import Adapter
from capsprobe.attacks.base import Attack, attacks
from capsprobe.faults import UsageFault
from capsprobe.shapes import IMAGES


@attacks.register("square")
@dataclass(frozen=True, kw_only=True)
class Square(Attack):
    """Squares of plus or minus epsilon at random places, kept where they hurt."""

    name: ClassVar = "square"
    norm: ClassVar = "linf"
    sees: ClassVar = "scores"
    follows: ClassVar = True
    budget: ClassVar = "quick"
    efforts: ClassVar = {
        "quick": {"queries": 40},
        "standard": {"queries": 250},
        "strong": {"queries": 5000},
    }

    queries: int = 300

    def __post_init__(self) -> None:
        """Raise UsageFault where a number of queries cannot be meant."""
        if self.queries < 1:
            raise UsageFault(f"expected queries >= 1, got {self.queries}")

    def perturb(
        self,
        mapped: Adapter,
        images: Float[Tensor, IMAGES],
        labels: Int64[Tensor, " images"],
        *,
        epsilon: float,
    ) -> Float[Tensor, IMAGES]:
        """Return the images after the last query that hurt each."""
        # torchattacks resets the global generator to the seed that it is given, by default to 0:
        # every batch and every epsilon would try the same squares.
        seed = int(torch.randint(2**31, ()))
        search = torchattacks.Square(mapped, eps=epsilon, n_queries=self.queries, seed=seed)
        return search(images, labels)
