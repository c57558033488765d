"""The SENet once more, trained with a decoder: its embedding has to tell the image."""

from capsprobe.models.base import Frame, Network, models
from capsprobe.models.senet import SENet


@models.register("senet-decoder")
def senet_decoder(frame: Frame) -> Network:
    """Return the network of `senet`; its recipe asks for a decoder (capsprobe.models.decoder)."""
    return SENet(frame)
