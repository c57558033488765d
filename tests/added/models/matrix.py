"""A network that is one matrix."""

from jaxtyping import Float
from torch import Tensor, nn

from capsprobe.models.base import Frame, Network, Scores, models
from capsprobe.shapes import IMAGES, SCORES


class Matrix(Network):
    """Pixels times a matrix, one column a class."""

    scores: Scores = "logits"

    def __init__(self, frame: Frame) -> None:
        super().__init__()
        self.frame = frame
        self.linear = nn.Linear(frame.canvas**2, frame.classes)

    def forward(self, images: Float[Tensor, IMAGES]) -> Float[Tensor, SCORES]:
        """Return class logits."""
        return self.linear(images.flatten(1))


@models.register("matrix")
def matrix(frame: Frame) -> Network:
    """Return the network."""
    return Matrix(frame)
