"""The compact CapsNet with the article's own routing."""

from capsprobe.models.base import Frame, Network, models
from capsprobe.models.capsnet import CapsNet


@models.register("capsnet-article")
def capsnet_article(frame: Frame) -> Network:
    """Return the compact CapsNet with three iterations of the article's routing."""
    return CapsNet(frame, routing="article", iterations=3)
