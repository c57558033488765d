"""What every routing shares: its signature, its trace, its fast path, and squash."""

from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import normalize

from capsprobe.faults import UsageFault
from capsprobe.registry import Registry
from capsprobe.shapes import CHILDREN, COEFFICIENTS, PARENTS, VOTES, WEIGHT

Axis = Literal["children", "parents"]
MOST_ITERATIONS = 100
# Inside the square root, so that the gradient of a zero vector's norm is zero and not NaN.
_TINY = 1e-12
# The gradient of a direction is at most one over this.
_SHORTEST = 1e-6


@dataclass(frozen=True, kw_only=True)
class RoutingTrace:
    """Everything a routing did: one entry an iteration in each tuple.

    `coefficients[t]` are the softmax of `logits[t]` (in hard clustering the largest of them) over
    the axis that `normalised` names, along which they sum to one. `parents[t]` is what they make
    of the votes, shorter than one. The last of `parents` is the routing's result.
    """

    votes: Float[Tensor, VOTES]
    logits: tuple[Float[Tensor, COEFFICIENTS], ...]
    coefficients: tuple[Float[Tensor, COEFFICIENTS], ...]
    parents: tuple[Float[Tensor, PARENTS], ...]
    normalised: Axis = "parents"


@runtime_checkable
class Routing(Protocol):
    """A function from votes to a trace; what else can be set has a default."""

    def __call__(self, votes: Float[Tensor, VOTES], *, iterations: int) -> RoutingTrace:
        """Return what became of the votes, iteration by iteration."""


routings: Registry[Routing] = Registry("routing", "capsprobe.routing")


@runtime_checkable
class Block(Protocol):
    """The fast path of a routing: from children and weights to the last parents, no trace kept.

    `weight` holds the matrices W_ij of one child side by side. A routing without a block runs
    over the votes themselves (capsprobe.routing.plain), which is also every block's oracle.
    """

    def __call__(
        self,
        children: Float[Tensor, CHILDREN],
        weight: Float[Tensor, WEIGHT],
        *,
        parents: int,
        iterations: int,
    ) -> Float[Tensor, PARENTS]:
        """Return the routing's result."""


blocks: Registry[Block] = Registry("routing block", "capsprobe.routing")


def squash(pose: Float[Tensor, "*capsules pose"]) -> Float[Tensor, "*capsules pose"]:
    """Return v = |s|^2 / (1 + |s|^2) * s / |s|: the direction kept, the length below one.

    Sabour et al. 2017, eq. 1.
    """
    return pose * shrinkage(pose.square().sum(dim=-1, keepdim=True))


def shrinkage(squared: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """Return |v| / |s| of squash, given |s|^2."""
    return squared / (1.0 + squared) / torch.sqrt(squared + _TINY)


def length(pose: Float[Tensor, "*capsules pose"]) -> Float[Tensor, "*capsules"]:
    """Return each capsule's activation, the length of its pose."""
    return torch.sqrt(pose.square().sum(dim=-1) + _TINY)


def unit(pose: Float[Tensor, "*capsules pose"]) -> Float[Tensor, "*capsules pose"]:
    """Return each pose's direction; that of a zero vector is zero."""
    return normalize(pose, dim=-1, eps=_SHORTEST)


def check_iterations(iterations: int) -> None:
    """Raise UsageFault unless 1 <= iterations <= 100."""
    if not 1 <= iterations <= MOST_ITERATIONS:
        raise UsageFault(f"expected 1 to {MOST_ITERATIONS} routing iterations, got {iterations}")
