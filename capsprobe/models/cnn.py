"""The plain CNN: the common trunk, and a dense layer of just the size of the capsules' votes."""

from jaxtyping import Float
from torch import Tensor, nn

from capsprobe.models.base import Frame, Network, Scores, models
from capsprobe.models.trunk import (
    PARENT_POSE,
    POSE,
    Excite,
    Halving,
    Trunk,
    plain,
    positions,
)
from capsprobe.shapes import IMAGES, SCORES


class ConvNet(Network):
    """Trunk, halving convolution, a dense embedding of 16 units a class, class logits.

    The embedding has exactly as many weights as a CapsNet has in its votes, because a CapsNet's
    votes, summed with equal coefficients, are such a layer. Pooling over all places instead
    would leave these parameters nowhere to go at equal MACs.
    """

    scores: Scores = "logits"

    def __init__(self, frame: Frame, *, excite: Excite) -> None:
        super().__init__()
        self.frame = frame
        self.trunk = Trunk(frame, excite)
        self.halving = Halving(frame, self.trunk.channels)
        features = POSE * frame.types * positions(frame)
        width = PARENT_POSE * frame.classes
        self.embedding = nn.Sequential(nn.ReLU(), nn.Flatten(), nn.Linear(features, width))
        self.classifier = nn.Sequential(nn.ReLU(), nn.Linear(width, frame.classes))

    def forward(self, images: Float[Tensor, IMAGES]) -> Float[Tensor, SCORES]:
        """Return class logits."""
        return self.classify(self.embed(images))

    def embed(self, images: Float[Tensor, IMAGES]) -> Float[Tensor, "images features"]:
        """Return the dense embedding, as wide as all class capsules together."""
        return self.embedding(self.halving(self.trunk(images)))

    def classify(self, embedding: Float[Tensor, "images features"]) -> Float[Tensor, SCORES]:
        """Return class logits of embeddings."""
        return self.classifier(embedding).float()


@models.register("cnn")
def cnn(frame: Frame) -> Network:
    """Return the plain CNN that stands beside the CapsNet and the SENet."""
    return ConvNet(frame, excite=plain)
