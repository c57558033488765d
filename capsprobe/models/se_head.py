"""The article's SENet formula, literally, in the place of routing on the same primary capsules."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from capsprobe.models.base import Frame, Network, Scores, models
from capsprobe.models.capsules import primary_capsules, single
from capsprobe.models.trunk import PARENT_POSE, POSE, Halving, Trunk, plain, positions
from capsprobe.routing.base import length
from capsprobe.shapes import CHILDREN, COEFFICIENTS, IMAGES, SCORES

HIDDEN = POSE * PARENT_POSE
"""Rows C of W1: with as many, a head has C m + C weights where a CapsNet's votes have C m."""


class LiteralExcitation(nn.Module):
    """v = sigmoid(W2 relu(W1 U)) for each class, U the m children's poses as rows.

    W1 in R^{C x m} and W2 in R^{1 x C} are constants that every image shares; there is no squeeze
    and no rescaling of the input. The article has one output; this is one such head a class.
    """

    def __init__(self, *, children: int, classes: int) -> None:
        super().__init__()
        self.first = nn.Parameter(_uniform(classes, HIDDEN, children))
        self.second = nn.Parameter(_uniform(classes, HIDDEN))

    def forward(self, children: Float[Tensor, CHILDREN]) -> Float[Tensor, "images classes pose"]:
        """Return v of every class, each of its numbers in (0, 1)."""
        hidden = torch.relu_(torch.matmul(self.first.flatten(0, 1), children))
        by_class = hidden.unflatten(1, self.second.shape)
        return torch.sigmoid((self.second.unsqueeze(2) * by_class).sum(dim=2))

    def weights(self, children: Float[Tensor, CHILDREN]) -> Float[Tensor, COEFFICIENTS]:
        """Return how much of each child is in each class's sum, the mean over pose dimensions.

        Without the sigmoid, v of class k is in dimension d the sum over children of w_ikd U_id
        with w_ikd = sum_c W2_kc [(W1 U)_kcd > 0] W1_kci, exactly; so the relu alone lets these
        weights depend on the image.
        """
        hidden = torch.matmul(self.first.flatten(0, 1), children).unflatten(1, self.second.shape)
        open_share = (hidden > 0.0).to(hidden.dtype).mean(dim=3) * self.second
        return torch.einsum("bjc,jci->bij", open_share, self.first)


class SeHead(Network):
    """Trunk and primary capsules as in the CapsNet, then the literal formula.

    The score of a class is the length of its v over that of a vector of ones: between 0 and 1,
    as a capsule's. Its parameters are those of the CapsNet within 5 %, its MACs are more: the
    formula multiplies every pose dimension by all of W1.
    """

    scores: Scores = "lengths"

    def __init__(self, frame: Frame) -> None:
        super().__init__()
        self.frame = frame
        self.trunk = Trunk(frame, plain)
        self.primary = Halving(frame, self.trunk.channels)
        self.excitation = LiteralExcitation(
            children=frame.types * positions(frame), classes=frame.classes
        )

    def forward(self, images: Float[Tensor, IMAGES]) -> Float[Tensor, SCORES]:
        """Return the class vectors' lengths over the longest possible."""
        return self.classify(self.embed(images))

    def embed(self, images: Float[Tensor, IMAGES]) -> Float[Tensor, "images features"]:
        """Return v of all classes side by side."""
        children = self.children_of(images)
        with torch.autocast(images.device.type, enabled=False):
            return self.excitation(children).flatten(1)

    def classify(self, embedding: Float[Tensor, "images features"]) -> Float[Tensor, SCORES]:
        """Return the scores of class vectors that lie side by side."""
        return length(embedding.unflatten(1, (self.frame.classes, POSE))) / POSE**0.5

    def gates(self, images: Float[Tensor, IMAGES]) -> tuple[Float[Tensor, "images gates"], ...]:
        """Return one number a child: its weight in the classes' sums, summed over classes."""
        return (self.excitation.weights(self.children_of(images)).sum(dim=2),)

    def children_of(self, images: Float[Tensor, IMAGES]) -> Float[Tensor, CHILDREN]:
        """Return the primary capsules' poses, in single precision under autocast too."""
        maps = self.primary(self.trunk(images))
        with torch.autocast(images.device.type, enabled=False):
            return primary_capsules(single(maps), pose=POSE)


@models.register("se-head")
def se_head(frame: Frame) -> Network:
    """Return the article's literal SENet formula as a head on primary capsules."""
    return SeHead(frame)


def _uniform(*shape: int) -> Float[Tensor, "..."]:
    """Return fresh weights as torch's dense layers have them: within 1 / sqrt(inputs)."""
    bound = shape[-1] ** -0.5
    return torch.empty(shape).uniform_(-bound, bound)
