"""The plain CNN once more, to be trained on adversarial images: robust, and known to be."""

from capsprobe.models.base import Frame, Network, models
from capsprobe.models.cnn import ConvNet
from capsprobe.models.trunk import plain


@models.register("cnn-adversarial")
def cnn_adversarial(frame: Frame) -> Network:
    """Return the network of `cnn`; only its recipe is another (capsprobe.training.hardening)."""
    return ConvNet(frame, excite=plain)
