"""Votes in full, and any routing over them: for traces, and where a routing has no fast path."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from capsprobe.routing.base import Routing
from capsprobe.routing.tiles import image_tiles
from capsprobe.shapes import CHILDREN, PARENTS, VOTES, WEIGHT


def cast_votes(
    children: Float[Tensor, CHILDREN], weight: Float[Tensor, WEIGHT], *, parents: int
) -> Float[Tensor, VOTES]:
    """Return u_ij = u_i W_ij, what every child predicts for every parent.

    Sabour et al. 2017, eq. 2. The memory is ordered parent by parent, as routing reads it.
    """
    by_child = torch.bmm(children.transpose(0, 1), weight)
    by_parent = by_child.unflatten(2, (parents, -1)).permute(1, 2, 0, 3)
    return by_parent.contiguous().transpose(1, 2)


def route_plain(
    routing: Routing,
    children: Float[Tensor, CHILDREN],
    weight: Float[Tensor, WEIGHT],
    *,
    parents: int,
    iterations: int,
) -> Float[Tensor, PARENTS]:
    """Return the last parents of any routing, holding the votes of a few images at a time.

    The backward pass computes the votes again.
    """

    def last(few: Tensor) -> Tensor:
        votes = cast_votes(few, weight, parents=parents)
        return routing(votes, iterations=iterations).parents[-1]

    tiles = image_tiles(len(children))
    return torch.cat([checkpoint(last, children[few], use_reentrant=False) for few in tiles])
