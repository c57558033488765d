"""What an attack on routing needs of a network: that it routes, and as the attack believes."""

import torch

from capsprobe.models.base import Network, Traceable
from capsprobe.models.inference import device_of, frozen
from capsprobe.routing.base import RoutingTrace
from capsprobe.routing.dynamic import weighted_parents

FOLLOWING = "coefficients that follow the image"
SUMMING = "parents that are the squashed sums of the votes by their coefficients"


def lacks_following(network: Network) -> str:
    """Return what a network lacks whose coefficients are constants, or that has none.

    Coefficients without a gradient by the image, as in hard clustering, are constants here.
    """
    if not isinstance(network, Traceable):
        return FOLLOWING
    return "" if _glance(network).coefficients[-1].requires_grad else FOLLOWING


def lacks_summing(network: Network) -> str:
    """Return what a network lacks whose parents are more than weighted sums of the votes."""
    if not isinstance(network, Traceable):
        return SUMMING
    trace = _glance(network)
    sums = weighted_parents(trace.votes, trace.coefficients[-1])
    return (
        ""
        if torch.allclose(sums, trace.parents[-1], rtol=1e-3, atol=1e-5, equal_nan=True)
        else SUMMING
    )


def _glance(network: Network) -> RoutingTrace:
    """Return how a network that shows its routing routes an image by chance, with gradients."""
    assert isinstance(network, Traceable)
    side = network.frame.canvas
    image = torch.rand(1, 1, side, side, generator=torch.Generator().manual_seed(0))
    with frozen(network), torch.inference_mode(False), torch.enable_grad():
        return network.trace(image.clone().to(device_of(network)).requires_grad_())
