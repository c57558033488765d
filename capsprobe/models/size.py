"""How large a network is: its parameters, and the MACs of one image.

torch's counter sees convolutions and products of matrices. A routing may be written with
neither, and a fast path computes some of it twice, so votes and routing are counted by what they
are and not by how they are computed.
"""

from collections.abc import Callable
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from capsprobe.models.base import Network, Traceable
from capsprobe.models.capsules import Votes
from capsprobe.routing.base import RoutingTrace
from capsprobe.shapes import IMAGES

VOTES = "votes"
ROUTING = "routing"
REST = "rest"
_FLOPS_A_MAC = 2
_IMAGES = 2


@runtime_checkable
class _Routes(Traceable, Protocol):
    """A network that routes votes."""

    votes: Votes


def parameters(network: Network) -> int:
    """Return the number of trained numbers, those of a decoder apart."""
    return _count(network) - decoder_parameters(network)


def decoder_parameters(network: Network) -> int:
    """Return the number of trained numbers in the decoder, zero where there is none."""
    return 0 if network.decoder is None else _count(network.decoder)


def macs(network: Network) -> int:
    """Return the multiply-accumulates that the class scores of one image cost.

    Sums of products only, so neither activations, normalisation, softmax nor squash; biases are
    free. 1 MAC = 2 FLOPs.
    """
    return sum(macs_by_part(network).values())


def macs_by_part(network: Network) -> dict[str, int]:
    """Return the MACs of one image by the network's children; `routing` comes after the votes.

    In a network that does not route, what no child does goes under `rest`.
    """
    side = network.frame.canvas
    weight = next(network.parameters())
    # Two, for a network of the user's own is never shown a lone one.
    images = torch.zeros(_IMAGES, 1, side, side, device=weight.device, dtype=weight.dtype)
    modes = [(module, module.training) for module in network.modules()]
    try:
        return _by_part(network.eval(), images)
    finally:
        for module, mode in modes:
            module.training = mode


def routing_macs(trace: RoutingTrace) -> int:
    """Return children x parents x pose for each weighted sum and each update of the logits.

    For one image, by Sabour et al. 2017, procedure 1; a distance costs what an agreement does.
    What a routing shows again without computing it again is the same tensor and counts once.
    Not in the trace, so not counted: the means of k-means, the variances of EM, the one agreement
    of attention, each as much as a sum.
    """
    children, parents, pose = trace.votes.shape[1:]
    sums = len({id(poses) for poses in trace.parents})
    updates = len({id(logits) for logits in trace.logits}) - 1
    return children * parents * pose * (sums + updates)


def _by_part(network: Network, images: Float[Tensor, IMAGES]) -> dict[str, int]:
    everything, inside = _counted(lambda: network(images))
    root = type(network).__name__
    named = {name: inside.get(f"{root}.{name}", 0) for name, _ in network.named_children()}
    parts = {name: count for name, count in named.items() if count}
    rest = everything - sum(parts.values())
    # Votes that a network brings were cast by what has been counted, and so was its routing.
    if isinstance(network, _Routes) and network.votes.weight.numel():
        return parts | {
            VOTES: network.votes.matrices.numel(),
            ROUTING: routing_macs(network.trace(images)),
        }
    return parts | ({REST: rest} if rest else {})


def _counted(compute: Callable[[], object]) -> tuple[int, dict[str, int]]:
    """Return the MACs of one image that torch's counter sees: all of them, and by module."""
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), counter:
        compute()
    inside = {
        name: sum(flops.values()) // (_FLOPS_A_MAC * _IMAGES)
        for name, flops in counter.get_flop_counts().items()
    }
    return counter.get_total_flops() // (_FLOPS_A_MAC * _IMAGES), inside


def _count(module: nn.Module) -> int:
    return sum(part.numel() for part in module.parameters())
