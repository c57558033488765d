"""What moves the children of a network: the digit, or clutter beside it."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from capsprobe.faults import ModelFault
from capsprobe.models.base import Network
from capsprobe.models.layers import WEIGHTS, Layer, taken_apart
from capsprobe.shapes import IMAGES


@dataclass(frozen=True, kw_only=True)
class Driven:
    """The children of one layer: their weights, called `own`, and what they belong to.

    `belonging` is how far the digit alone moves a child's pose from what an empty image makes of
    it, less how far the clutter alone does.
    """

    name: str
    own: str
    weights: Float[Tensor, WEIGHTS]
    belonging: Float[Tensor, WEIGHTS]


def driven_apart(
    network: Network,
    digit: Float[Tensor, IMAGES],
    clutter: Float[Tensor, IMAGES],
    both: Float[Tensor, IMAGES],
    *,
    classes: Int64[Tensor, " images"],
) -> list[Driven]:
    """Return the layers in which the network weighs children, by its weights in `both`.

    Where weights differ by class, those of the given `classes` count. An empty image is black.

    Raises
    ------
    ModelFault
        Where a pose is not finite.
    """
    empty, one, other, seen = (
        taken_apart(network, each, classes)
        for each in (torch.zeros_like(digit), digit, clutter, both)
    )
    return [
        Driven(
            name=each.name,
            own=each.own,
            weights=each.weights[each.own],
            belonging=_moved(bare, by_digit) - _moved(bare, by_clutter),
        )
        for bare, by_digit, by_clutter, each in zip(empty, one, other, seen, strict=True)
    ]


def _moved(empty: Layer, shown: Layer) -> Float[Tensor, WEIGHTS]:
    """Return how far each child's pose is from that in an empty image."""
    moved = torch.linalg.vector_norm(shown.children - empty.children, dim=2)
    if not torch.isfinite(moved).all():
        raise ModelFault("expected finite poses of empty images too, got NaN or infinity")
    return moved
