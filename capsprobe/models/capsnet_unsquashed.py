"""The compact CapsNet without squash: poses stay as long as they are made.

It shows no trace, for what is told of routings holds for parents shorter than one.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from capsprobe.models.base import Frame, Network, Scores, models
from capsprobe.models.capsnet import votes_of
from capsprobe.models.capsules import poses_of, single
from capsprobe.models.trunk import PARENT_POSE, POSE, Halving, Trunk, plain
from capsprobe.routing.dynamic import agreement, weighted_sums
from capsprobe.shapes import CHILDREN, IMAGES, PARENTS, SCORES, VOTES

_TINY = 1e-12


class UnsquashedCapsNet(Network):
    """The layers of `CapsNet` with the identity for squash, both at the children and in routing.

    The scores are the log odds of the length that squash would have left, ln |s|^2: both losses
    mean by them what they mean by the lengths of `CapsNet`.
    """

    scores: Scores = "logits"

    def __init__(self, frame: Frame, *, iterations: int, shared: bool) -> None:
        super().__init__()
        self.frame = frame
        self.iterations = iterations
        self.trunk = Trunk(frame, plain)
        self.primary = Halving(frame, self.trunk.channels)
        self.votes = votes_of(frame, shared=shared)

    def forward(self, images: Float[Tensor, IMAGES]) -> Float[Tensor, SCORES]:
        """Return the class capsules' log odds."""
        return self.classify(self.embed(images))

    def embed(self, images: Float[Tensor, IMAGES]) -> Float[Tensor, "images features"]:
        """Return all class capsules' poses side by side."""
        maps = self.primary(self.trunk(images))
        with torch.autocast(images.device.type, enabled=False):
            children: Float[Tensor, CHILDREN] = poses_of(single(maps), pose=POSE)
            return route_unsquashed(self.votes(children), iterations=self.iterations).flatten(1)

    def classify(self, embedding: Float[Tensor, "images features"]) -> Float[Tensor, SCORES]:
        """Return the log odds of poses that lie side by side."""
        poses = embedding.unflatten(1, (self.frame.classes, PARENT_POSE))
        return torch.log(poses.square().sum(dim=-1) + _TINY)


def route_unsquashed(votes: Float[Tensor, VOTES], *, iterations: int) -> Float[Tensor, PARENTS]:
    """Return the parents s_j = sum_i c_ij u_ij of routing by agreement without squash.

    Procedure 1 of Sabour et al. 2017 with s_j in the place of v_j.
    """
    logits = votes.new_zeros(votes.shape[:3])
    for _ in range(iterations - 1):
        parents = weighted_sums(votes, torch.softmax(logits, dim=2))
        logits = logits + agreement(votes, parents)
    return weighted_sums(votes, torch.softmax(logits, dim=2))


@models.register("capsnet-unsquashed")
def capsnet_unsquashed(frame: Frame) -> Network:
    """Return the compact CapsNet without squash."""
    return UnsquashedCapsNet(frame, iterations=3, shared=False)


@models.register("capsnet-unsquashed-uniform")
def capsnet_unsquashed_uniform(frame: Frame) -> Network:
    """Return the same without routing: every child counts alike for every parent."""
    return UnsquashedCapsNet(frame, iterations=1, shared=False)


@models.register("capsnet-shared-unsquashed")
def capsnet_shared_unsquashed(frame: Frame) -> Network:
    """Return the compact CapsNet without squash, its transforms the same at all places."""
    return UnsquashedCapsNet(frame, iterations=3, shared=True)


@models.register("capsnet-shared-unsquashed-uniform")
def capsnet_shared_unsquashed_uniform(frame: Frame) -> Network:
    """Return the same without routing: every child counts alike for every parent."""
    return UnsquashedCapsNet(frame, iterations=1, shared=True)
