"""The compact CapsNet: primary capsules on the common trunk, dynamic routing to the classes."""

import torch
from jaxtyping import Float
from torch import Tensor

from capsprobe.models.base import Frame, Network, Scores, models
from capsprobe.models.capsules import Votes, primary_capsules
from capsprobe.models.trunk import PARENT_POSE, POSE, Halving, Trunk, plain, positions
from capsprobe.routing.base import Routing, RoutingTrace, length
from capsprobe.routing.dynamic import route_dynamic
from capsprobe.shapes import IMAGES, SCORES


class CapsNet(Network):
    """Trunk, primary capsules of 8 dimensions, one class capsule of 16 dimensions a class.

    The scores are the lengths of the class capsules (Sabour et al. 2017, sec. 4).
    """

    scores: Scores = "lengths"

    def __init__(self, frame: Frame, *, routing: Routing, iterations: int) -> None:
        super().__init__()
        self.frame = frame
        self.routing = routing
        self.iterations = iterations
        self.trunk = Trunk(frame, plain)
        self.primary = Halving(frame, self.trunk.channels)
        self.votes = Votes(
            children=frame.types * positions(frame),
            child_pose=POSE,
            parents=frame.classes,
            pose=PARENT_POSE,
        )

    def forward(self, images: Float[Tensor, IMAGES]) -> Float[Tensor, SCORES]:
        """Return the class capsules' lengths."""
        return self.classify(self.embed(images))

    def trace(self, images: Float[Tensor, IMAGES]) -> RoutingTrace:
        """Return votes, logits, coefficients and parents of every iteration."""
        children = primary_capsules(self.primary(self.trunk(images)), pose=POSE)
        # Routing sums many small numbers: bf16 would lose the small ones.
        with torch.autocast(images.device.type, enabled=False):
            return self.routing(self.votes(children.float()), iterations=self.iterations)

    def embed(self, images: Float[Tensor, IMAGES]) -> Float[Tensor, "images features"]:
        """Return all class capsules' poses side by side."""
        return self.trace(images).parents[-1].flatten(1)

    def classify(self, embedding: Float[Tensor, "images features"]) -> Float[Tensor, SCORES]:
        """Return the lengths of poses that lie side by side."""
        return length(embedding.unflatten(1, (self.frame.classes, PARENT_POSE)))


@models.register("capsnet")
def capsnet(frame: Frame) -> Network:
    """Return the compact CapsNet with three iterations of dynamic routing."""
    return CapsNet(frame, routing=route_dynamic, iterations=3)
