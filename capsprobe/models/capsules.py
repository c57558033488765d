"""Capsule layers: primary capsules out of feature maps, and votes for class capsules."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from capsprobe.routing.base import squash
from capsprobe.shapes import CHILDREN, VOTES


def primary_capsules(
    maps: Float[Tensor, "images channels rows columns"], *, pose: int
) -> Float[Tensor, CHILDREN]:
    """Return squashed poses: each block of `pose` channels at each place is one child.

    Children are ordered by type first, then by row and column.
    """
    images, channels, rows, columns = maps.shape
    blocks = maps.reshape(images, channels // pose, pose, rows * columns)
    return squash(blocks.transpose(2, 3).reshape(images, -1, pose))


class Votes(nn.Module):
    """u_hat = W_ij u_i, one matrix for each child and parent (Sabour et al. 2017, eq. 2)."""

    def __init__(self, *, children: int, child_pose: int, parents: int, pose: int) -> None:
        super().__init__()
        weight = torch.empty(children, child_pose, parents * pose)
        self.weight = nn.Parameter(nn.init.normal_(weight, std=0.1))
        self.parents = parents

    def forward(self, children: Float[Tensor, CHILDREN]) -> Float[Tensor, VOTES]:
        """Return what every child predicts for every parent.

        The memory is ordered parent by parent, as routing reads it.
        """
        by_child = torch.bmm(children.transpose(0, 1), self.weight)
        by_parent = by_child.unflatten(2, (self.parents, -1)).permute(1, 2, 0, 3)
        return by_parent.contiguous().transpose(1, 2)
