"""A network with another routing than it was trained with: the same weights, other coefficients."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy

from capsprobe.faults import UsageFault
from capsprobe.models.base import Network, Routed
from capsprobe.routing.base import check_iterations, routings


@contextmanager
def swapped(network: Network, *, routing: str, iterations: int) -> Iterator[Network]:
    """Give the network another routing, and its own back afterwards, also after an error.

    Raises
    ------
    UsageFault
        Where the network does not route, no routing has that name, or so many iterations are
        not to be had.
    """
    routed = _routed(network)
    own = (routed.routing, routed.iterations)
    swap(network, routing=routing, iterations=iterations)
    try:
        yield network
    finally:
        routed.routing, routed.iterations = own


def swap(network: Network, *, routing: str, iterations: int) -> None:
    """Give the network another routing for good; raise UsageFault as `swapped` does."""
    routed = _routed(network)
    check_iterations(iterations)
    routings[routing]
    routed.routing, routed.iterations = routing, iterations


def twin(network: Network, *, routing: str, iterations: int) -> Network:
    """Return a network of the same weights, the very same tensors, with another routing.

    The network itself stays as it is.

    Raises
    ------
    UsageFault
        As `swapped` does.
    """
    other = copy(network)
    swap(other, routing=routing, iterations=iterations)
    return other


def _routed(network: Network) -> Routed:
    if not isinstance(network, Routed):
        raise UsageFault(f"expected a model with routing, got {type(network).__name__}")
    return network
