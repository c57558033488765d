"""Capsule layers: primary capsules out of feature maps, and class capsules out of children."""

from functools import partial
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from capsprobe.routing.base import Block, Routing, RoutingTrace, blocks, routings, squash
from capsprobe.routing.plain import cast_votes, route_plain
from capsprobe.shapes import CHILDREN, PARENTS, VOTES, WEIGHT


def primary_capsules(
    maps: Float[Tensor, "images channels rows columns"], *, pose: int
) -> Float[Tensor, CHILDREN]:
    """Return squashed poses, one a child (`poses_of`)."""
    return squash(poses_of(maps, pose=pose))


def poses_of(
    maps: Float[Tensor, "images channels rows columns"], *, pose: int
) -> Float[Tensor, CHILDREN]:
    """Return poses as they leave the convolution: a block of `pose` channels at a place a child.

    Children are ordered by type first, then by row and column. The memory runs along the images,
    as routing reads it.
    """
    blocks_of_maps = maps.unflatten(1, (-1, pose)).flatten(3)
    along_images = blocks_of_maps.permute(1, 3, 2, 0).contiguous().flatten(0, 1)
    return along_images.permute(2, 0, 1)


def single(maps: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """Return half-precision numbers as single precision, others as they are.

    Routing sums many small numbers: bf16 would lose the small ones.
    """
    return maps if maps.dtype == torch.float64 else maps.float()


@runtime_checkable
class Blocked(Protocol):
    """A routing with weights of its own that has a fast path."""

    def block(
        self,
        children: Float[Tensor, CHILDREN],
        weight: Float[Tensor, WEIGHT],
        *,
        parents: int,
        iterations: int,
    ) -> Float[Tensor, PARENTS]:
        """Return the last parents under what was learned."""


class Votes(nn.Module):
    """One matrix for each child and parent, W_ij (Sabour et al. 2017, eq. 2).

    `learned` holds routings with weights of their own, by name: each takes the place of the
    registered one.
    """

    def __init__(self, *, children: int, child_pose: int, parents: int, pose: int) -> None:
        super().__init__()
        weight = torch.empty(children, child_pose, parents * pose)
        self.weight = nn.Parameter(nn.init.normal_(weight, std=0.1))
        self.parents = parents
        self.learned = nn.ModuleDict()

    @property
    def matrices(self) -> Float[Tensor, WEIGHT]:
        """Every child's matrices, side by side."""
        return self.weight

    def forward(self, children: Float[Tensor, CHILDREN]) -> Float[Tensor, VOTES]:
        """Return what every child predicts for every parent."""
        return cast_votes(children, self.matrices, parents=self.parents)

    def trace(
        self, children: Float[Tensor, CHILDREN], *, routing: str, iterations: int
    ) -> RoutingTrace:
        """Return votes, logits, coefficients and parents of every iteration."""
        return self.reroute(self(children), routing=routing, iterations=iterations)

    def reroute(
        self, votes: Float[Tensor, VOTES], *, routing: str, iterations: int
    ) -> RoutingTrace:
        """Return the trace of a routing over any votes, with what was learned for it."""
        return self._routing(routing)(votes, iterations=iterations)

    def route(
        self, children: Float[Tensor, CHILDREN], *, routing: str, iterations: int
    ) -> Float[Tensor, PARENTS]:
        """Return the last parents alone, by the routing's fast path where it has one."""
        block = self._block(routing) or partial(route_plain, self._routing(routing))
        return block(children, self.matrices, parents=self.parents, iterations=iterations)

    def through(
        self, route: Routing, children: Float[Tensor, CHILDREN], *, iterations: int
    ) -> Float[Tensor, PARENTS]:
        """Return the last parents under any function from votes to a trace."""
        return route_plain(
            route, children, self.matrices, parents=self.parents, iterations=iterations
        )

    def _routing(self, name: str) -> Routing:
        return self.learned[name] if name in self.learned else routings[name]

    def _block(self, name: str) -> Block | None:
        if name not in self.learned:
            return blocks[name] if name in blocks else None
        learned = self.learned[name]
        return learned.block if isinstance(learned, Blocked) else None


class SharedVotes(Votes):
    """One matrix for each type of child and parent, the same at all places.

    Children are ordered by type first, `places` of each (Gu and Tresp 2020).
    """

    def __init__(
        self, *, types: int, places: int, child_pose: int, parents: int, pose: int
    ) -> None:
        super().__init__(children=types, child_pose=child_pose, parents=parents, pose=pose)
        self.places = places

    @property
    def matrices(self) -> Float[Tensor, WEIGHT]:
        """Every child's matrices, those of a type alike."""
        return self.weight.repeat_interleave(self.places, dim=0)
