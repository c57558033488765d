"""The compact CapsNet once more, trained with a decoder: its embedding has to tell the image."""

from capsprobe.models.base import Frame, Network, models
from capsprobe.models.capsnet import CapsNet


@models.register("capsnet-decoder")
def capsnet_decoder(frame: Frame) -> Network:
    """Return the network of `capsnet`; its recipe asks for a decoder (capsprobe.models.decoder)."""
    return CapsNet(frame, routing="dynamic", iterations=3)
