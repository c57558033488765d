"""Routing by agreement that never holds the votes.

The logits of procedure 1 (Sabour et al. 2017) are sums of agreements, and agreement is linear in
the parent: b_ij = u_ij . p_j, with p_j the sum of the parents j of all iterations so far. As
u_ij = u_i W_ij, the logits are u_i . (W_ij p_j), and the parents' inputs are the sum over children
of (c_ij u_i) W_ij. Both are products of matrices with the weights of a few children at a time, and
what stands between them is as large as those children's votes at half the pose, and stays in the
cache; a GPU's kernels keep it in registers. The backward pass computes it again. Kept for it are
children, weights and result, which lie there anyway where the children's memory runs along the
images, and of each image the parents' inputs of all iterations but the first and the last, and one
number a parent.
"""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable

from capsprobe.routing.base import check_iterations, shrinkage, squash
from capsprobe.routing.gpu import rounds_for
from capsprobe.routing.rounds import (
    INSIDE_CHILDREN,
    INSIDE_PARENTS,
    Rounds,
    Weights,
    squash_inside,
)
from capsprobe.shapes import CHILDREN, PARENTS, WEIGHT

_INPUTS = "iterations parents pose images"


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


class _Routed(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, children: Tensor, weight: Tensor, parents: int, iterations: int
    ) -> Tensor:
        inside = children.permute(1, 2, 0).contiguous()
        weights = Weights(weight, parents)
        rounds = rounds_for(weights)
        routed = inside.new_empty(len(children), parents, weights.pose)
        squared, kept = inside.new_empty(parents, len(children)), []
        for images in rounds.image_tiles(len(children)):
            few = inside[..., images]
            inputs = few.new_empty(iterations, parents, weights.pose, few.shape[2])
            _first_inputs(inputs[0], few, weights)
            _later_inputs(inputs, rounds(few, weights))
            routed[images] = squash(inputs[-1].permute(2, 0, 1))
            if any(ctx.needs_input_grad):
                squared[:, images] = inputs[-1].square().sum(dim=1)
                kept.append(inputs[1:-1].clone())
        ctx.save_for_backward(inside, weight, routed, squared, *kept)
        ctx.iterations = iterations
        return routed

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor | None, None, None]:
        inside, weight, routed, squared, *kept = ctx.saved_tensors
        weights = Weights(weight, len(squared))
        last = routed.permute(1, 2, 0)
        rounds = rounds_for(weights)
        by_children = torch.zeros_like(inside)
        by_weights = torch.zeros_like(weights.flat) if ctx.needs_input_grad[1] else None
        for images, between in zip(rounds.image_tiles(inside.shape[2]), kept, strict=True):
            few, mine = inside[..., images], by_children[..., images]
            inputs = few.new_empty(ctx.iterations, *last[..., images].shape)
            inputs[-1] = _unsquashed(last[..., images], squared[:, images])
            if len(inputs) > 1:
                inputs[1:-1] = between
                _first_inputs(inputs[0], few, weights)
            part = _Backward(few, weights, rounds(few, weights), mine, by_weights)
            part(inputs, gradient[images].permute(1, 2, 0))
        shaped = None if by_weights is None else by_weights.view_as(weight)
        return by_children.permute(2, 0, 1), shaped, None, None


def _first_inputs(
    inputs: Float[Tensor, INSIDE_PARENTS],
    children: Float[Tensor, INSIDE_CHILDREN],
    weights: Weights,
) -> None:
    """Write the sum that the first iteration squashes; its coefficients are constant."""
    even = weights.flat.t() @ children.flatten(0, 1) / weights.parents
    inputs.copy_(even.unflatten(0, (weights.parents, weights.pose)))


def _unsquashed(
    poses: Float[Tensor, INSIDE_PARENTS], squared: Float[Tensor, "parents images"]
) -> Float[Tensor, INSIDE_PARENTS]:
    """Return what was squashed to poses, given its squared length."""
    factors = torch.where(squared > 0.0, 1.0 / shrinkage(squared), 0.0)
    return poses * factors.unsqueeze(1)


def _later_inputs(inputs: Float[Tensor, _INPUTS], rounds: Rounds) -> None:
    """Write the sums that are squashed in all iterations but the first."""
    parents = torch.zeros_like(inputs[0])
    for before, sums in zip(inputs[:-1], inputs[1:], strict=True):
        parents += squash_inside(before)
        sums.copy_(rounds.sums(parents))


class _Backward:
    """The gradients of one tile of images, from the last iteration to the first."""

    def __init__(
        self,
        children: Float[Tensor, INSIDE_CHILDREN],
        weights: Weights,
        rounds: Rounds,
        by_children: Float[Tensor, INSIDE_CHILDREN],
        by_weights: Tensor | None,
    ) -> None:
        self.children, self.weights, self.rounds = children, weights, rounds
        self.by_children, self.by_weights = by_children, by_weights

    def __call__(
        self, inputs: Float[Tensor, _INPUTS], gradient: Float[Tensor, INSIDE_PARENTS]
    ) -> None:
        """Add the gradients by the children and, where one is wanted, by the weights."""
        with torch.enable_grad():
            leaves = [given.contiguous().requires_grad_() for given in inputs.detach()]
            parents = [squash_inside(leaf) for leaf in leaves]
        wanted = [torch.zeros_like(leaf) for leaf in leaves]
        wanted[-1] += gradient
        for iteration in reversed(range(1, len(leaves))):
            (by_input,) = torch.autograd.grad(
                parents[iteration], leaves[iteration], wanted[iteration]
            )
            so_far = torch.stack([pose.detach() for pose in parents[:iteration]]).sum(dim=0)
            by_parents = self.rounds.gradients(
                so_far, by_input, by_children=self.by_children, by_weights=self.by_weights
            )
            for earlier in wanted[:iteration]:
                earlier += by_parents
        (by_input,) = torch.autograd.grad(parents[0], leaves[0], wanted[0])
        self._first(by_input / self.weights.parents)

    def _first(self, by_input: Float[Tensor, INSIDE_PARENTS]) -> None:
        """Go back through the first iteration, whose coefficients are constant."""
        flat = by_input.flatten(0, 1)
        rows = self.by_children.view(len(self.weights.flat), flat.shape[1])
        rows.addmm_(self.weights.flat, flat)
        if self.by_weights is not None:
            self.by_weights += self.children.flatten(0, 1) @ flat.t()
