"""The compact CapsNet whose transforms are the same at all places, with routing and without."""

from capsprobe.models.base import Frame, Network, models
from capsprobe.models.capsnet import CapsNet


@models.register("capsnet-shared")
def capsnet_shared(frame: Frame) -> Network:
    """Return the network of `capsnet` with one matrix for each type of child and class."""
    return CapsNet(frame, routing="dynamic", iterations=3, shared=True)


@models.register("capsnet-shared-uniform")
def capsnet_shared_uniform(frame: Frame) -> Network:
    """Return the same without routing: every child counts alike for every parent."""
    return CapsNet(frame, routing="uniform", iterations=1, shared=True)
