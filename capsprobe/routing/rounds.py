"""The rounds of routing by agreement after the first, by tiles of children.

Inside, children lie as (children, child_pose, images) and parents as (parents, pose, images).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor

from capsprobe.routing.base import squash
from capsprobe.routing.tiles import child_tiles, image_tiles
from capsprobe.shapes import WEIGHT

INSIDE_CHILDREN = "children child_pose images"
INSIDE_PARENTS = "parents pose images"
_FLAT = "children_child_pose parents_pose"
_LOGITS = "parents children images"


@runtime_checkable
class Rounds(Protocol):
    """One way to compute rounds for a few images; which one is chosen in capsprobe.routing.gpu.

    Everything is a function of the sum p_j of all earlier parents: the coefficients c_ij are
    the softmax over the parents of u_ij . p_j.
    """

    def __init__(self, children: Float[Tensor, INSIDE_CHILDREN], weights: "Weights") -> None: ...

    @staticmethod
    def image_tiles(images: int) -> list[slice]:
        """Return slices that cover the images: how many of them are worked on at once."""

    def sums(self, parents: Float[Tensor, INSIDE_PARENTS]) -> Float[Tensor, INSIDE_PARENTS]:
        """Return s_j = sum_i c_ij u_ij."""

    def gradients(
        self,
        parents: Float[Tensor, INSIDE_PARENTS],
        by_sums: Float[Tensor, INSIDE_PARENTS],
        *,
        by_children: Float[Tensor, INSIDE_CHILDREN],
        by_weights: Float[Tensor, _FLAT] | None,
    ) -> Float[Tensor, INSIDE_PARENTS]:
        """Return the gradient by p_j, given that by s_j.

        Add those by the children and, where one is wanted, by the weights to what is given.
        """


@dataclass(frozen=True)
class Tile:
    """A few children: where they are, their weights as (parents, rows, pose), a row a number."""

    children: slice
    weights: Tensor

    def spread(
        self, poses: Float[Tensor, INSIDE_PARENTS], *, out: Float[Tensor, "parents tile images"]
    ) -> Float[Tensor, "parents children child_pose images"]:
        """Return W_ij p_j, in the memory of `out`."""
        rows = self.weights.shape[1]
        spread = torch.bmm(self.weights, poses, out=out[:, :rows])
        return spread.unflatten(1, (self.children.stop - self.children.start, -1))

    def gather(
        self,
        sums: Float[Tensor, INSIDE_PARENTS],
        weighted: Float[Tensor, "parents children child_pose images"],
    ) -> None:
        """Add the sum over these children of x_ij W_ij."""
        sums.baddbmm_(self.weights.transpose(1, 2), weighted.flatten(1, 2))


class Weights:
    """All W_ij as (children * child_pose, parents * pose), by tiles of children."""

    def __init__(self, weight: Float[Tensor, WEIGHT], parents: int) -> None:
        self.children, self.child_pose, width = weight.shape
        self.parents, self.pose = parents, width // parents
        self.flat = weight.reshape(-1, width)

    def tiles(self, images: int, *, buffers: int) -> Iterator[Tile]:
        """Yield tiles of children; so many buffers of their size share the cache."""
        floats = buffers * self.parents * self.child_pose * images
        for children in child_tiles(
            self.children,
            child_bytes=floats * self.flat.element_size(),
            device=self.flat.device,
        ):
            rows = slice(children.start * self.child_pose, children.stop * self.child_pose)
            yield Tile(children, self.by_parent(self.flat)[:, rows])

    def by_parent(self, flat: Float[Tensor, _FLAT]) -> Float[Tensor, "parents rows pose"]:
        """Return a view as (parents, children * child_pose, pose)."""
        return flat.unflatten(1, (self.parents, self.pose)).transpose(0, 1)

    def rows(self, tile: Tile, flat: Float[Tensor, _FLAT]) -> Float[Tensor, "parents rows pose"]:
        """Return the part of such a view that belongs to a tile."""
        rows = slice(tile.children.start * self.child_pose, tile.children.stop * self.child_pose)
        return self.by_parent(flat)[:, rows]


class Workspace:
    """Tiles of children, and memory for the largest: allocated once, it stays in the cache."""

    def __init__(self, weights: Weights, images: int, *, buffers: int) -> None:
        self.tiles = list(weights.tiles(images, buffers=buffers))
        rows = max(tile.weights.shape[1] for tile in self.tiles)
        shape = (weights.parents, rows, images)
        self.buffers = [weights.flat.new_empty(shape) for _ in range(buffers)]


class TiledRounds:
    """Rounds as products of matrices, a few children at a time, on any device."""

    def __init__(self, children: Float[Tensor, INSIDE_CHILDREN], weights: Weights) -> None:
        self.children, self.weights = children, weights

    @staticmethod
    def image_tiles(images: int) -> list[slice]:
        """Return slices of nearly equal length, short enough for the cache."""
        return image_tiles(images)

    @cached_property
    def _forward(self) -> Workspace:
        return Workspace(self.weights, self.children.shape[2], buffers=1)

    @cached_property
    def _backward(self) -> Workspace:
        return Workspace(self.weights, self.children.shape[2], buffers=3)

    def sums(self, parents: Float[Tensor, INSIDE_PARENTS]) -> Float[Tensor, INSIDE_PARENTS]:
        """Return sum_i c_ij u_ij, as the sum of (c_ij u_i) W_ij."""
        (memory,) = self._forward.buffers
        total = torch.zeros_like(parents)
        for tile in self._forward.tiles:
            mine = self.children[tile.children]
            spread = tile.spread(parents, out=memory)
            coefficients = torch.softmax(spread.mul_(mine).sum(dim=2), dim=0)
            tile.gather(total, torch.mul(coefficients[:, :, None], mine, out=spread))
        return total

    def gradients(
        self,
        parents: Float[Tensor, INSIDE_PARENTS],
        by_sums: Float[Tensor, INSIDE_PARENTS],
        *,
        by_children: Float[Tensor, INSIDE_CHILDREN],
        by_weights: Float[Tensor, _FLAT] | None,
    ) -> Float[Tensor, INSIDE_PARENTS]:
        """Return the gradient by the parents so far; add those by children and weights."""
        first, second, third = self._backward.buffers
        by_parents = torch.zeros_like(parents)
        for tile in self._backward.tiles:
            mine = self.children[tile.children]
            spread, pulled = tile.spread(parents, out=first), tile.spread(by_sums, out=second)
            scratch = third[:, : tile.weights.shape[1]].view_as(spread)
            coefficients = torch.softmax(torch.mul(spread, mine, out=scratch).sum(dim=2), dim=0)
            by_logits = _softmax_backward(
                coefficients, torch.mul(pulled, mine, out=scratch).sum(dim=2)
            )
            torch.mul(spread, by_logits[:, :, None], out=scratch)
            scratch.addcmul_(pulled, coefficients[:, :, None])
            by_children[tile.children] += scratch.sum(dim=0)
            moved = torch.mul(by_logits[:, :, None], mine, out=spread)
            tile.gather(by_parents, moved)
            if by_weights is not None:
                weighted = torch.mul(coefficients[:, :, None], mine, out=pulled)
                mine_by_weights = self.weights.rows(tile, by_weights)
                _add_outer(mine_by_weights, moved, parents)
                _add_outer(mine_by_weights, weighted, by_sums)
        return by_parents


def squash_inside(poses: Float[Tensor, INSIDE_PARENTS]) -> Float[Tensor, INSIDE_PARENTS]:
    """Return the poses squashed."""
    return squash(poses.transpose(1, 2)).transpose(1, 2)


def _add_outer(
    total: Float[Tensor, "parents rows pose"],
    weighted: Float[Tensor, "parents children child_pose images"],
    poses: Float[Tensor, INSIDE_PARENTS],
) -> None:
    """Add the sum over images of the outer products."""
    total += torch.bmm(weighted.flatten(1, 2), poses.transpose(1, 2))


def _softmax_backward(
    coefficients: Float[Tensor, _LOGITS], gradient: Float[Tensor, _LOGITS]
) -> Float[Tensor, _LOGITS]:
    """Return the gradient by the logits, given that by the coefficients."""
    return coefficients * (gradient - (coefficients * gradient).sum(dim=0))
