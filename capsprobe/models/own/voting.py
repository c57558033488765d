"""Votes among the outputs of a network of the user's own: found by shape, verified by routing.

An arrangement of axes counts as found only where one of our routings, run on it, gives the scores
that the network itself gives. So nothing is believed because it looks like votes.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from capsprobe.models.own.outputs import Leaf, Reading
from capsprobe.routing.base import length, routings
from capsprobe.shapes import SCORES, VOTES

# As far as squashes with another small constant, or another order of sums, lie from ours: a part of
# what the scores of an image differ by.
TOLERANCE = 1e-2
MOST_ROUNDS = 10
_ROUNDING = 1e-7
# What public networks do with the lengths of their class capsules before they return them.
_AFTERWARDS: dict[str, Callable[[Tensor], Tensor]] = {
    "lengths": lambda lengths: lengths,
    "softmax of lengths": lambda lengths: lengths.softmax(dim=1),
    "squared lengths": lambda lengths: lengths.square(),
}
_FIRST = ("dynamic", "uniform")


@dataclass(frozen=True, kw_only=True)
class Voting:
    """Where votes stand, and which routing makes the network's scores of them.

    `order` are the leaf's axes after the images that count children, parents and pose.
    """

    leaf: Leaf
    order: tuple[int, int, int]
    routing: str
    iterations: int
    afterwards: str
    apart: float

    def votes(self, outputs: Any) -> Float[Tensor, VOTES]:
        """Return the votes in our order."""
        return self.leaf.of(outputs).permute(0, *self.order)

    def scores(self, lengths: Float[Tensor, SCORES]) -> Float[Tensor, SCORES]:
        """Return what the network would make of other lengths of its class capsules."""
        return _AFTERWARDS[self.afterwards](lengths)


def voting(
    shown: Any, found: list[Leaf], given: Float[Tensor, SCORES], *, classes: int
) -> Voting | None:
    """Return the votes from which a routing gives the network's scores, none where none do.

    `shown` holds the tensors among which they are sought, `given` the scores as they come.
    """
    for leaf in found:
        for order in _orders(leaf.of(shown), classes):
            votes = leaf.of(shown).permute(0, *order).float()
            if matched := _matched(votes, given.float()):
                routing, iterations, afterwards, apart = matched
                return Voting(
                    leaf=leaf,
                    order=order,
                    routing=routing,
                    iterations=iterations,
                    afterwards=afterwards,
                    apart=apart,
                )
    return None


def looks_like_votes(shown: Any, found: list[Leaf], *, classes: int) -> list[str]:
    """Return the paths of tensors that have the shape of votes, whatever they are."""
    return [leaf.path for leaf in found if any(_orders(leaf.of(shown), classes))]


def _orders(tensor: Tensor, classes: int) -> Iterator[tuple[int, int, int]]:
    """Yield the orders of axes that put the classes second; more children than pose first."""
    if tensor.dim() != 4:
        return
    fitting = [(i, j, d) for i, j, d in permutations((1, 2, 3)) if tensor.shape[j] == classes]
    yield from sorted(fitting, key=lambda order: tensor.shape[order[0]] < tensor.shape[order[2]])


def _matched(votes: Tensor, given: Tensor) -> tuple[str, int, str, float] | None:
    """Return the nearest routing, its iterations, and what is done with its lengths."""
    found: tuple[str, int, str, float] | None = None
    nearest = TOLERANCE * (given.amax(dim=1) - given.amin(dim=1)).mean().item()
    for name in dict.fromkeys((*_FIRST, *routings)):
        with torch.no_grad():
            trace = routings[name](votes, iterations=MOST_ROUNDS)
        for iterations in range(1, MOST_ROUNDS + 1):
            lengths = length(trace.parents[iterations - 1])
            for afterwards, function in _AFTERWARDS.items():
                apart = (function(lengths) - given).abs().max().item()
                # What is only rounding nearer is not nearer: uniform's rounds are all alike.
                if apart < nearest - _ROUNDING:
                    nearest, found = apart, (name, iterations, afterwards, apart)
    return found


def told(reading: Reading, found: Voting) -> str:
    """Return in words what was found."""
    return (
        f"{found.leaf.path}: {found.routing} routing, {found.iterations} iterations, gives "
        f"{reading.leaf.path} as {found.afterwards} within {found.apart:.0e}"
    )
