"""What is linear, or a square, in the votes u_ij = u_i W_ij, by tiles of children.

Each is a product of matrices with the weights of a few children at a time; what stands between is
no larger than those children's votes, and stays in the cache. Gradients are such products too.
Tensors lie as in capsprobe.routing.rounds, coefficients as (parents, children, images).
"""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable

from capsprobe.routing.rounds import INSIDE_CHILDREN, INSIDE_PARENTS, Tile, Weights, Workspace
from capsprobe.routing.tiles import child_tiles
from capsprobe.shapes import WEIGHT

LOGITS = "parents children images"
GRAM = "children parents child_pose child_pose"
_Gradients = tuple[Tensor | None, Tensor | None, Tensor | None]


def agreements(
    children: Float[Tensor, INSIDE_CHILDREN],
    weight: Float[Tensor, WEIGHT],
    poses: Float[Tensor, INSIDE_PARENTS],
) -> Float[Tensor, LOGITS]:
    """Return u_ij . p_j = u_i . (W_ij p_j)."""
    agreed: Tensor = _Agreements.apply(children, weight, poses)
    return agreed


def sums(
    children: Float[Tensor, INSIDE_CHILDREN],
    weight: Float[Tensor, WEIGHT],
    coefficients: Float[Tensor, LOGITS],
) -> Float[Tensor, INSIDE_PARENTS]:
    """Return the sum over i of c_ij u_ij = (c_ij u_i) W_ij, for any coefficients."""
    summed: Tensor = _Sums.apply(children, weight, coefficients)
    return summed


def squares(
    children: Float[Tensor, INSIDE_CHILDREN], gram: Float[Tensor, GRAM]
) -> Float[Tensor, LOGITS]:
    """Return u_i G_ij u_i: with G_ij = W_ij W_ij^T, the squared lengths of the votes."""
    squared: Tensor = _Squares.apply(children, gram)
    return squared


def gram(weight: Float[Tensor, WEIGHT], *, parents: int) -> Float[Tensor, GRAM]:
    """Return W_ij W_ij^T."""
    by_parent = weight.unflatten(2, (parents, -1)).transpose(1, 2)
    return by_parent @ by_parent.mT


class _Agreements(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, children: Tensor, weight: Tensor, poses: Tensor) -> Tensor:
        ctx.save_for_backward(children, weight, poses)
        return _agree(children, Weights(weight, len(poses)), poses)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> _Gradients:
        children, weight, poses = ctx.saved_tensors
        weights = Weights(weight, len(poses))
        by_children, by_weight = _by_factors(ctx, children, weights, gradient, poses)
        return by_children, by_weight, _sum(children, weights, gradient)


class _Sums(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, children: Tensor, weight: Tensor, coefficients: Tensor) -> Tensor:
        ctx.save_for_backward(children, weight, coefficients)
        return _sum(children, Weights(weight, len(coefficients)), coefficients)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> _Gradients:
        children, weight, coefficients = ctx.saved_tensors
        weights, poses = Weights(weight, len(coefficients)), gradient.contiguous()
        by_children, by_weight = _by_factors(ctx, children, weights, coefficients, poses)
        return by_children, by_weight, _agree(children, weights, poses)


class _Squares(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, children: Tensor, gram: Tensor) -> Tensor:
        ctx.save_for_backward(children, gram)
        squares = children.new_empty(gram.shape[1], len(children), children.shape[2])
        for few in _tiles(children):
            squares[:, few] = (gram[few].flatten(2) @ _pairs(children[few])).transpose(0, 1)
        return squares

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor | None]:
        children, gram = ctx.saved_tensors
        by_children = torch.empty_like(children)
        by_gram = torch.empty_like(gram) if ctx.needs_input_grad[1] else None
        for few in _tiles(children):
            by_squares = gradient[:, few].transpose(0, 1)
            mixed = gram[few].flatten(2).mT @ by_squares
            pairs = mixed.view(-1, *gram.shape[2:], mixed.shape[2]).mul_(children[few, None])
            by_children[few] = 2.0 * pairs.sum(dim=2)
            if by_gram is not None:
                by_gram[few] = (by_squares @ _pairs(children[few]).mT).view_as(gram[few])
        return by_children, by_gram


def _agree(
    children: Float[Tensor, INSIDE_CHILDREN],
    weights: Weights,
    poses: Float[Tensor, INSIDE_PARENTS],
) -> Float[Tensor, LOGITS]:
    memory = Workspace(weights, children.shape[2], buffers=1)
    agreements = children.new_empty(weights.parents, len(children), children.shape[2])
    for tile in memory.tiles:
        spread = tile.spread(poses, out=memory.buffers[0]).mul_(children[tile.children])
        torch.sum(spread, dim=2, out=agreements[:, tile.children])
    return agreements


def _sum(
    children: Float[Tensor, INSIDE_CHILDREN],
    weights: Weights,
    coefficients: Float[Tensor, LOGITS],
) -> Float[Tensor, INSIDE_PARENTS]:
    memory = Workspace(weights, children.shape[2], buffers=1)
    sums = children.new_zeros(weights.parents, weights.pose, children.shape[2])
    for tile in memory.tiles:
        tile.gather(sums, _weighted(tile, coefficients, children, out=memory.buffers[0]))
    return sums


def _by_factors(
    ctx: Any,
    children: Float[Tensor, INSIDE_CHILDREN],
    weights: Weights,
    coefficients: Float[Tensor, LOGITS],
    poses: Float[Tensor, INSIDE_PARENTS],
) -> tuple[Tensor | None, Tensor | None]:
    """Return the gradients of the sum of c_ij u_ij . p_j by children and weights, if wanted."""
    by_children = torch.empty_like(children) if ctx.needs_input_grad[0] else None
    by_flat = torch.empty_like(weights.flat) if ctx.needs_input_grad[1] else None
    memory = Workspace(weights, children.shape[2], buffers=1)
    for tile in memory.tiles:
        if by_children is not None:
            spread = tile.spread(poses, out=memory.buffers[0])
            spread.mul_(coefficients[:, tile.children, None])
            torch.sum(spread, dim=0, out=by_children[tile.children])
        if by_flat is not None:
            weighted = _weighted(tile, coefficients, children, out=memory.buffers[0])
            weights.rows(tile, by_flat).copy_(weighted.flatten(1, 2) @ poses.mT)
    return by_children, None if by_flat is None else by_flat.view(
        len(children), -1, by_flat.shape[1]
    )


def _weighted(
    tile: Tile,
    coefficients: Float[Tensor, LOGITS],
    children: Float[Tensor, INSIDE_CHILDREN],
    *,
    out: Float[Tensor, "parents tile images"],
) -> Float[Tensor, "parents few child_pose images"]:
    """Return c_ij u_i for the children of a tile, in the memory of `out`."""
    mine = children[tile.children]
    shaped = out[:, : tile.weights.shape[1]].unflatten(1, mine.shape[:2])
    return torch.mul(coefficients[:, tile.children, None], mine, out=shaped)


def _tiles(children: Float[Tensor, INSIDE_CHILDREN]) -> list[slice]:
    """Return slices of children whose pairs fit the cache."""
    pairs = children.shape[1] ** 2 * children.shape[2] * children.element_size()
    return child_tiles(len(children), child_bytes=pairs, device=children.device)


def _pairs(
    children: Float[Tensor, INSIDE_CHILDREN],
) -> Float[Tensor, "children pairs images"]:
    """Return the products of every two numbers of a child's pose."""
    return (children[:, :, None] * children[:, None]).flatten(1, 2)
