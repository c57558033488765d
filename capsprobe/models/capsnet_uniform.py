"""The compact CapsNet without routing: the control for what routing adds."""

from capsprobe.models.base import Frame, Network, models
from capsprobe.models.capsnet import CapsNet


@models.register("capsnet-uniform")
def capsnet_uniform(frame: Frame) -> Network:
    """Return the compact CapsNet whose children count alike for every parent (r = 1)."""
    return CapsNet(frame, routing="uniform", iterations=1)
