"""The plain CNN once more, trained with a decoder: its embedding has to tell the image."""

from capsprobe.models.base import Frame, Network, models
from capsprobe.models.cnn import ConvNet
from capsprobe.models.trunk import plain


@models.register("cnn-decoder")
def cnn_decoder(frame: Frame) -> Network:
    """Return the network of `cnn`; its recipe asks for a decoder (capsprobe.models.decoder)."""
    return ConvNet(frame, excite=plain)
