"""Votes that are cast a few at a time: what routings compute of them, and nothing kept of them.

Routings are made of agreements u_ij . p_j, of sums over the children of c_ij u_ij, and of squared
lengths of votes. What each is for all children has one number a child and parent, as coefficients
have, or is as small as the parents; the votes behind it are never held (capsprobe.routing.linear).
"""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from capsprobe.routing.linear import GRAM, LOGITS, agreements, squares, sums
from capsprobe.routing.rounds import INSIDE_CHILDREN, INSIDE_PARENTS
from capsprobe.routing.tiles import image_tiles
from capsprobe.shapes import CHILDREN, PARENTS, WEIGHT


class Cast:
    """The votes of a few images; all that is computed of them is differentiable once."""

    def __init__(
        self, children: Float[Tensor, INSIDE_CHILDREN], weight: Float[Tensor, WEIGHT], parents: int
    ) -> None:
        self.children, self.weight, self.parents = children, weight, parents

    def total(self) -> Float[Tensor, INSIDE_PARENTS]:
        """Return sum_i u_ij."""
        total = self.weight.flatten(0, 1).t() @ self.children.flatten(0, 1)
        return total.unflatten(0, (self.parents, -1))

    def agreements(self, poses: Float[Tensor, INSIDE_PARENTS]) -> Float[Tensor, LOGITS]:
        """Return u_ij . p_j."""
        return agreements(self.children, self.weight, poses)

    def sums(self, coefficients: Float[Tensor, LOGITS]) -> Float[Tensor, INSIDE_PARENTS]:
        """Return sum_i c_ij u_ij, for any coefficients."""
        return sums(self.children, self.weight, coefficients)

    def squares(self, gram: Float[Tensor, GRAM]) -> Float[Tensor, LOGITS]:
        """Return |u_ij|^2 = u_i G_ij u_i, for G_ij = W_ij W_ij^T."""
        return squares(self.children, gram)


Last = Callable[[Cast], Float[Tensor, INSIDE_PARENTS]]
Few = Callable[[Float[Tensor, INSIDE_CHILDREN]], Float[Tensor, PARENTS]]


def route_cast(
    last: Last,
    children: Float[Tensor, CHILDREN],
    weight: Float[Tensor, WEIGHT],
    *,
    parents: int,
) -> Float[Tensor, PARENTS]:
    """Return the last parents of all images, given what makes them of the votes of a few.

    Beside inputs and outputs memory holds a few caches' worth and the coefficients of those few
    images, whatever the number of images. A backward pass computes all of it again: nothing but
    the inputs is kept for it.
    """

    def few(inside: Tensor) -> Tensor:
        return last(Cast(inside.contiguous(), weight, parents)).permute(2, 0, 1)

    return route_few(few, children, image_tiles(len(children)))


def route_few(
    few: Few, children: Float[Tensor, CHILDREN], tiles: list[slice]
) -> Float[Tensor, PARENTS]:
    """Return the last parents of all images, a tile of them at a time.

    With gradients it is computed once more by the backward pass.
    """
    compute = _again(few) if torch.is_grad_enabled() else few
    parts = children.permute(1, 2, 0).split([tile.stop - tile.start for tile in tiles], dim=2)
    return torch.cat([compute(part) for part in parts])


def _again(few: Few) -> Few:
    """Return the function, to be computed once more by the backward pass."""

    def computed(inside: Tensor) -> Tensor:
        routed: Tensor = checkpoint(few, inside, use_reentrant=False, preserve_rng_state=False)
        return routed

    return computed
