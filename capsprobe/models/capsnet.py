"""The compact CapsNet: primary capsules on the common trunk, dynamic routing to the classes."""

import torch
from jaxtyping import Float
from torch import Tensor

from capsprobe.models.base import Frame, Network, Scores, models
from capsprobe.models.capsules import SharedVotes, Votes, primary_capsules, single
from capsprobe.models.trunk import PARENT_POSE, POSE, Halving, Trunk, plain, positions
from capsprobe.routing.base import RoutingTrace, length
from capsprobe.shapes import CHILDREN, IMAGES, SCORES


class CapsNet(Network):
    """Trunk, primary capsules of 8 dimensions, one class capsule of 16 dimensions a class.

    The scores are the lengths of the class capsules (Sabour et al. 2017, sec. 4). Where the
    transforms are `shared`, children of one type have the same at all places.
    """

    scores: Scores = "lengths"

    def __init__(
        self, frame: Frame, *, routing: str, iterations: int, shared: bool = False
    ) -> None:
        super().__init__()
        self.frame = frame
        self.routing = routing
        self.iterations = iterations
        self.trunk = Trunk(frame, plain)
        self.primary = Halving(frame, self.trunk.channels)
        self.votes = votes_of(frame, shared=shared)

    def forward(self, images: Float[Tensor, IMAGES]) -> Float[Tensor, SCORES]:
        """Return the class capsules' lengths."""
        return self.classify(self.embed(images))

    def trace(self, images: Float[Tensor, IMAGES]) -> RoutingTrace:
        """Return votes, logits, coefficients and parents of every iteration."""
        children = self.children_of(images)
        with torch.autocast(images.device.type, enabled=False):
            return self.votes.trace(children, routing=self.routing, iterations=self.iterations)

    def embed(self, images: Float[Tensor, IMAGES]) -> Float[Tensor, "images features"]:
        """Return all class capsules' poses side by side."""
        children = self.children_of(images)
        with torch.autocast(images.device.type, enabled=False):
            routed = self.votes.route(children, routing=self.routing, iterations=self.iterations)
        return routed.flatten(1)

    def classify(self, embedding: Float[Tensor, "images features"]) -> Float[Tensor, SCORES]:
        """Return the lengths of poses that lie side by side."""
        return length(embedding.unflatten(1, (self.frame.classes, PARENT_POSE)))

    def children_of(self, images: Float[Tensor, IMAGES]) -> Float[Tensor, CHILDREN]:
        """Return the primary capsules' poses, in single precision under autocast too."""
        maps = self.primary(self.trunk(images))
        with torch.autocast(images.device.type, enabled=False):
            return primary_capsules(single(maps), pose=POSE)


def votes_of(frame: Frame, *, shared: bool) -> Votes:
    """Return fresh transforms from the primary capsules to the classes."""
    sizes = {"child_pose": POSE, "parents": frame.classes, "pose": PARENT_POSE}
    places = positions(frame)
    if shared:
        return SharedVotes(types=frame.types, places=places, **sizes)
    return Votes(children=frame.types * places, **sizes)


@models.register("capsnet")
def capsnet(frame: Frame) -> Network:
    """Return the compact CapsNet with three iterations of dynamic routing."""
    return CapsNet(frame, routing="dynamic", iterations=3)
