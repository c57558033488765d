"""The trunk that all compact models share: five convolutions that quarter the canvas.

Batch normalisation follows each, so that every head trains with one recipe.
"""

from collections.abc import Callable

from jaxtyping import Float
from torch import Tensor, nn

from capsprobe.models.base import Frame
from capsprobe.shapes import IMAGES

Excite = Callable[[int], nn.Module]


class Trunk(nn.Sequential):
    """Images to feature maps at a quarter of the canvas, 4/3 `width` channels.

    `excite` makes what follows each of the two stages: the identity, or a squeeze-and-
    excitation block.
    """

    def __init__(self, frame: Frame, excite: Excite) -> None:
        narrow, middle, wide = frame.width // 2, frame.width, frame.width * 4 // 3
        super().__init__(
            *_convolution(1, narrow, stride=1),
            *_convolution(narrow, middle, stride=2),
            *_convolution(middle, middle, stride=1),
            excite(middle),
            *_convolution(middle, wide, stride=2),
            *_convolution(wide, wide, stride=1),
            excite(wide),
        )
        self.channels = wide


def plain(channels: int) -> nn.Module:
    """Return no excitation at all."""
    del channels
    return nn.Identity()


class Halving(nn.Module):
    """The last convolution before a head: 8 channels a capsule type, half the map's size.

    In the capsule heads it is PrimaryCaps; in the others an ordinary layer of the same size.
    """

    def __init__(self, frame: Frame, channels: int) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(channels, POSE * frame.types, 3, stride=2, padding=1)
        self.normalisation = nn.BatchNorm2d(POSE * frame.types)

    def forward(
        self, features: Float[Tensor, IMAGES]
    ) -> Float[Tensor, "images posed rows columns"]:
        """Return the halved maps, before any nonlinearity."""
        return self.normalisation(self.convolution(features))


POSE = 8
"""Dimensions of a primary capsule, as in Sabour et al. 2017."""

PARENT_POSE = 16
"""Dimensions of a class capsule, and of its equal in the embeddings of the other heads."""


def positions(frame: Frame) -> int:
    """Return how many places the halved map has: ceil(canvas / 8) squared."""
    return (-(-frame.canvas // 8)) ** 2


def _convolution(inputs: int, outputs: int, *, stride: int) -> list[nn.Module]:
    convolution = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)
    return [convolution, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)]
