"""Routing by agreement that never holds the votes.

The logits of procedure 1 (Sabour et al. 2017) are sums of agreements, and agreement is linear in
the parent: b_ij = u_ij . p_j, with p_j the sum of the parents j of all iterations so far. As
u_ij = u_i W_ij, the logits are u_i . (W_ij p_j), and the parents' inputs are the sum over children
of (c_ij u_i) W_ij. Both are products of matrices with the weights of a few children at a time, and
what stands between them is as large as those children's votes at half the pose, and stays in the
cache. The backward pass computes it again: it keeps children and parents' inputs alone.

Inside, children lie as (children, child_pose, images) and parents as (parents, pose, images).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable

from capsprobe.routing.base import check_iterations, squash
from capsprobe.routing.tiles import child_tiles, image_tiles
from capsprobe.shapes import CHILDREN, PARENTS, WEIGHT

_CHILDREN = "children child_pose images"
_PARENTS = "parents pose images"
_INPUTS = "iterations parents pose images"
_LOGITS = "parents children images"


def route_fused(
    children: Float[Tensor, CHILDREN],
    weight: Float[Tensor, WEIGHT],
    *,
    parents: int,
    iterations: int,
) -> Float[Tensor, PARENTS]:
    """Return the last parents of routing by agreement over the votes u_i W_ij.

    Memory beside inputs and outputs is a few caches' worth, whatever the number of images.
    The gradient by the weights is computed only where they want one. Differentiable once.
    """
    check_iterations(iterations)
    routed: Tensor = _Routed.apply(children, weight, parents, iterations)
    return routed


@dataclass(frozen=True)
class _Tile:
    """A few children: where they are, their weights as (parents, rows, pose), a row a number."""

    children: slice
    weights: Tensor

    def spread(
        self, poses: Float[Tensor, _PARENTS], *, out: Float[Tensor, "parents tile images"]
    ) -> Float[Tensor, "parents children child_pose images"]:
        """Return W_ij p_j, in the memory of `out`."""
        rows = self.weights.shape[1]
        spread = torch.bmm(self.weights, poses, out=out[:, :rows])
        return spread.unflatten(1, (self.children.stop - self.children.start, -1))

    def gather(
        self,
        sums: Float[Tensor, _PARENTS],
        weighted: Float[Tensor, "parents children child_pose images"],
    ) -> None:
        """Add the sum over these children of x_ij W_ij."""
        sums.baddbmm_(self.weights.transpose(1, 2), weighted.flatten(1, 2))


class _Weights:
    """All W_ij as (children * child_pose, parents * pose), by tiles of children."""

    def __init__(self, weight: Float[Tensor, WEIGHT], parents: int) -> None:
        self.children, self.child_pose, width = weight.shape
        self.parents, self.pose = parents, width // parents
        self.flat = weight.reshape(-1, width)

    def tiles(self, images: int, *, buffers: int) -> Iterator[_Tile]:
        """Yield tiles of children; so many buffers of their size share the cache."""
        floats = buffers * self.parents * self.child_pose * images
        for children in child_tiles(
            self.children,
            child_bytes=floats * self.flat.element_size(),
            device=self.flat.device,
        ):
            rows = slice(children.start * self.child_pose, children.stop * self.child_pose)
            yield _Tile(children, self.by_parent(self.flat)[:, rows])

    def by_parent(self, flat: Tensor) -> Tensor:
        """Return a view as (parents, children * child_pose, pose)."""
        return flat.unflatten(1, (self.parents, self.pose)).transpose(0, 1)

    def buffers(self, tiles: list[_Tile], images: int, *, count: int) -> list[Tensor]:
        """Return memory for the largest tile: allocated once, it stays in the cache."""
        rows = max(tile.weights.shape[1] for tile in tiles)
        shape = (self.parents, rows, images)
        return [self.flat.new_empty(shape) for _ in range(count)]


class _Routed(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, children: Tensor, weight: Tensor, parents: int, iterations: int
    ) -> Tensor:
        inside = children.permute(1, 2, 0).contiguous()
        weights = _Weights(weight, parents)
        inputs = inside.new_empty(iterations, parents, weights.pose, len(children))
        for images in image_tiles(len(children)):
            _fill_inputs(inputs[..., images], inside[..., images].contiguous(), weights)
        ctx.save_for_backward(inside, weight, inputs)
        ctx.parents = parents
        return squash(inputs[-1].permute(2, 0, 1))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor | None, None, None]:
        inside, weight, inputs = ctx.saved_tensors
        weights = _Weights(weight, ctx.parents)
        by_children = torch.empty_like(inside)
        by_weights = torch.zeros_like(weights.flat) if ctx.needs_input_grad[1] else None
        for images in image_tiles(inside.shape[2]):
            part = _Backward(inside[..., images].contiguous(), weights, by_weights)
            by_children[..., images] = part(inputs[..., images], gradient[images].permute(1, 2, 0))
        shaped = None if by_weights is None else by_weights.view_as(weight)
        return by_children.permute(2, 0, 1), shaped, None, None


def _fill_inputs(
    inputs: Float[Tensor, _INPUTS], children: Float[Tensor, _CHILDREN], weights: _Weights
) -> None:
    """Write the sum that is squashed in each iteration."""
    images = children.shape[2]
    even = weights.flat.t() @ children.flatten(0, 1) / weights.parents
    inputs[0] = even.unflatten(0, (weights.parents, weights.pose))
    tiles = list(weights.tiles(images, buffers=1))
    (memory,) = weights.buffers(tiles, images, count=1)
    parents = torch.zeros_like(inputs[0])
    for before, sums in zip(inputs[:-1], inputs[1:], strict=True):
        parents += _squash(before)
        total = torch.zeros_like(parents)
        for tile in tiles:
            mine = children[tile.children]
            spread = tile.spread(parents, out=memory)
            coefficients = torch.softmax(spread.mul_(mine).sum(dim=2), dim=0)
            tile.gather(total, torch.mul(coefficients[:, :, None], mine, out=spread))
        sums.copy_(total)


class _Backward:
    """The gradients of one tile of images, from the last iteration to the first."""

    def __init__(
        self, children: Float[Tensor, _CHILDREN], weights: _Weights, by_weights: Tensor | None
    ) -> None:
        self.children, self.weights = children, weights
        self.by_weights = None if by_weights is None else weights.by_parent(by_weights)
        self.by_children = torch.zeros_like(children)

    def __call__(
        self, inputs: Float[Tensor, _INPUTS], gradient: Float[Tensor, _PARENTS]
    ) -> Float[Tensor, _CHILDREN]:
        """Return the gradient by the children; add that by the weights, where one is wanted."""
        with torch.enable_grad():
            leaves = [given.contiguous().requires_grad_() for given in inputs.detach()]
            parents = [_squash(leaf) for leaf in leaves]
        wanted = [torch.zeros_like(leaf) for leaf in leaves]
        wanted[-1] += gradient
        for iteration in reversed(range(1, len(leaves))):
            (by_input,) = torch.autograd.grad(
                parents[iteration], leaves[iteration], wanted[iteration]
            )
            so_far = torch.stack([pose.detach() for pose in parents[:iteration]]).sum(dim=0)
            by_parents = self._round(so_far, by_input)
            for earlier in wanted[:iteration]:
                earlier += by_parents
        (by_input,) = torch.autograd.grad(parents[0], leaves[0], wanted[0])
        self._first(by_input / self.weights.parents)
        return self.by_children

    def _first(self, by_input: Float[Tensor, _PARENTS]) -> None:
        """Go back through the first iteration, whose coefficients are constant."""
        flat = by_input.flatten(0, 1)
        self.by_children += (self.weights.flat @ flat).view_as(self.children)
        if self.by_weights is not None:
            product = self.children.flatten(0, 1) @ flat.t()
            self.by_weights += self.weights.by_parent(product)

    def _round(
        self, parents: Float[Tensor, _PARENTS], by_input: Float[Tensor, _PARENTS]
    ) -> Float[Tensor, _PARENTS]:
        """Go back through one later iteration; return the gradient by the parents so far."""
        images = self.children.shape[2]
        tiles = list(self.weights.tiles(images, buffers=3))
        first, second, third = self.weights.buffers(tiles, images, count=3)
        by_parents = torch.zeros_like(parents)
        for tile in tiles:
            mine = self.children[tile.children]
            spread, pulled = tile.spread(parents, out=first), tile.spread(by_input, out=second)
            scratch = third[:, : tile.weights.shape[1]].view_as(spread)
            coefficients = torch.softmax(torch.mul(spread, mine, out=scratch).sum(dim=2), dim=0)
            by_logits = _softmax_backward(
                coefficients, torch.mul(pulled, mine, out=scratch).sum(dim=2)
            )
            torch.mul(spread, by_logits[:, :, None], out=scratch)
            scratch.addcmul_(pulled, coefficients[:, :, None])
            self.by_children[tile.children] += scratch.sum(dim=0)
            moved = torch.mul(by_logits[:, :, None], mine, out=spread)
            tile.gather(by_parents, moved)
            if self.by_weights is not None:
                weighted = torch.mul(coefficients[:, :, None], mine, out=pulled)
                self._add_weights(tile, (moved, parents), (weighted, by_input))
        return by_parents

    def _add_weights(self, tile: _Tile, *pairs: tuple[Tensor, Tensor]) -> None:
        """Add the sum over images of each pair's outer products."""
        assert self.by_weights is not None
        pose = self.children.shape[1]
        rows = slice(tile.children.start * pose, tile.children.stop * pose)
        for weighted, poses in pairs:
            self.by_weights[:, rows] += torch.bmm(weighted.flatten(1, 2), poses.transpose(1, 2))


def _softmax_backward(
    coefficients: Float[Tensor, _LOGITS], gradient: Float[Tensor, _LOGITS]
) -> Float[Tensor, _LOGITS]:
    """Return the gradient by the logits, given that by the coefficients."""
    return coefficients * (gradient - (coefficients * gradient).sum(dim=0))


def _squash(inputs: Float[Tensor, _PARENTS]) -> Float[Tensor, _PARENTS]:
    return squash(inputs.transpose(1, 2)).transpose(1, 2)
