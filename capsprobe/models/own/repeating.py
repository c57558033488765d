"""Whether a maker gives the same network each time: each process of a run makes it anew."""

from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn

from capsprobe.factories import trimmed
from capsprobe.faults import ModelFault
from capsprobe.models.base import Frame, Network
from capsprobe.models.inference import score
from capsprobe.models.own.adopted import adopt
from capsprobe.models.own.contract import Contract
from capsprobe.models.own.opening import Opened, made_again
from capsprobe.shapes import IMAGES, SCORES

# Of two networks made alike: more than sums in another order can bring about.
_ALIKE = 1e-3
_FEW = 5


def check_repeats(
    text: str,
    weights: Path | None,
    made: Opened,
    network: Network,
    contract: Contract | None = None,
) -> None:
    """Raise ModelFault where another network by the same maker is not the same.

    `network` is the one that was made, as one of ours, by its `contract` where it was none. What a
    network draws outside its weights shows in its scores; one that draws at every pass is let be,
    for the contract warns of it.
    """
    again = made_again(text, network.frame, weights, made)
    if again is None:
        return
    side, generator = network.frame.canvas, torch.Generator().manual_seed(0)
    images = torch.rand(_FEW, 1, side, side, generator=generator)
    first = score(network, images)
    if not torch.allclose(first, score(network, images)):
        return
    second = _scores(text, again, network.frame, contract, images)
    if not torch.allclose(first, second, rtol=_ALIKE, atol=_ALIKE):
        raise ModelFault(
            f"{text}: expected the same network each time it is made, got one of the same weights "
            "with other scores the second time: seed what it draws beside its weights"
        )


def _scores(
    text: str,
    module: nn.Module,
    frame: Frame,
    contract: Contract | None,
    images: Float[Tensor, IMAGES],
) -> Float[Tensor, SCORES]:
    """Return the scores of a network, its own or by a contract; whatever it raises is a fault."""
    try:
        ours = module.eval() if isinstance(module, Network) else None
        return score(ours or adopt(module.cpu().float(), frame, contract), images)
    except Exception as error:
        raise ModelFault(f"{text}: the second that is made: {trimmed(error)}") from error
