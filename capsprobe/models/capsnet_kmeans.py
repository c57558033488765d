"""The compact CapsNet that clusters instead of routing."""

from capsprobe.models.base import Frame, Network, models
from capsprobe.models.capsnet import CapsNet


@models.register("capsnet-kmeans")
def capsnet_kmeans(frame: Frame) -> Network:
    """Return the compact CapsNet with three iterations of soft Euclidean k-means."""
    return CapsNet(frame, routing="kmeans", iterations=3)
