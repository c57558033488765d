"""The SENet: the plain CNN with a squeeze-and-excitation gate after each stage of the trunk."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from capsprobe.models.base import Frame, Network, models
from capsprobe.models.cnn import ConvNet
from capsprobe.shapes import IMAGES

REDUCTION = 8
# Three or four rectified units may all die in training, and the gate is then a constant.
FEWEST_HIDDEN = 6


class SqueezeExcitation(nn.Module):
    """x * sigmoid(W2 relu(W1 mean(x))): channels weighed by the image (Hu et al. 2018, eq. 2-4).

    The reduction ratio is 8, not the article's 16: 16 would leave 3 units of 48 channels. There are
    never fewer than 6 hidden units.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        hidden = max(channels // REDUCTION, FEWEST_HIDDEN)
        self.excitation = nn.Sequential(
            nn.Linear(channels, hidden), nn.ReLU(), nn.Linear(hidden, channels)
        )

    def forward(
        self, maps: Float[Tensor, "images channels rows columns"]
    ) -> Float[Tensor, "images channels rows columns"]:
        """Return the maps, each channel scaled by its gate."""
        return maps * self.gate(maps)[:, :, None, None]

    def gate(
        self, maps: Float[Tensor, "images channels rows columns"]
    ) -> Float[Tensor, "images channels"]:
        """Return the gate in (0, 1), one number a channel."""
        return torch.sigmoid(self.excitation(maps.mean(dim=(2, 3))))


class SENet(ConvNet):
    """The plain CNN with squeeze-and-excitation in its trunk; it shows its gates."""

    def __init__(self, frame: Frame) -> None:
        super().__init__(frame, excite=SqueezeExcitation)

    def gates(self, images: Float[Tensor, IMAGES]) -> tuple[Float[Tensor, "images gates"], ...]:
        """Return each stage's gates in (0, 1), one number a channel."""
        maps, found = images, []
        for layer in self.trunk:
            if isinstance(layer, SqueezeExcitation):
                found.append(layer.gate(maps))
            maps = layer(maps)
        return tuple(found)


@models.register("senet")
def senet(frame: Frame) -> Network:
    """Return the plain CNN with squeeze-and-excitation in its trunk."""
    return SENet(frame)
