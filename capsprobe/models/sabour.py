"""The full-size CapsNet of Sabour et al. 2017: the reference point with the literature."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from capsprobe.models.base import Frame, Network, Scores, models
from capsprobe.models.capsules import Votes, primary_capsules, single
from capsprobe.routing.base import RoutingTrace, length
from capsprobe.shapes import CHILDREN, IMAGES, SCORES

CHANNELS = 256
KERNEL = 9
STRIDE = 2
TYPES = 32
POSE = 8
PARENT_POSE = 16
ITERATIONS = 3


class SabourCapsNet(Network):
    """Conv1, PrimaryCaps and class capsules as in fig. 1 of Sabour et al. 2017.

    Conv1 has 256 kernels of 9x9, PrimaryCaps 32 types of 8 dimensions, again 9x9, at stride 2.
    On a 28x28 canvas these are 1152 children and 6 804 224 parameters. `width` and `types` of the
    frame are those of the compact models and change nothing here.
    """

    scores: Scores = "lengths"
    decoder_units = (512, 1024)

    def __init__(self, frame: Frame) -> None:
        super().__init__()
        self.frame = frame
        self.routing = "dynamic"
        self.iterations = ITERATIONS
        self.convolution = nn.Conv2d(1, CHANNELS, KERNEL)
        self.primary = nn.Conv2d(CHANNELS, POSE * TYPES, KERNEL, stride=STRIDE)
        self.votes = Votes(
            children=TYPES * _side(frame.canvas) ** 2,
            child_pose=POSE,
            parents=frame.classes,
            pose=PARENT_POSE,
        )

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
        maps = self.primary(torch.relu_(self.convolution(images)))
        with torch.autocast(images.device.type, enabled=False):
            return primary_capsules(single(maps), pose=POSE)


@models.register("capsnet-sabour")
def capsnet_sabour(frame: Frame) -> Network:
    """Return the full-size CapsNet with three iterations of dynamic routing."""
    return SabourCapsNet(frame)


def _side(canvas: int) -> int:
    """Return the side of PrimaryCaps' map: 6 for 28 pixels, 10 for 36, 12 for 40."""
    return (canvas - KERNEL + 1 - KERNEL) // STRIDE + 1
