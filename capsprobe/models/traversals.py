"""An embedding moved along one dimension at a time, and what the decoder draws of it."""

import torch
from jaxtyping import Float, Int64
from torch import Tensor
from torch.nn.functional import one_hot

from capsprobe.models.base import Network
from capsprobe.models.blocks import EMBEDDED, block_of
from capsprobe.models.decoder import reconstruct
from capsprobe.models.inference import device_of

STEPS = (-2.0, -1.0, 0.0, 1.0, 2.0)
"""In standard deviations of that dimension over images of the class."""

DRAWN = "images dimensions steps 1 height width"


def spread_of(
    embedding: Float[Tensor, EMBEDDED], labels: Int64[Tensor, " images"], *, classes: int
) -> Float[Tensor, "classes block"]:
    """Return the standard deviation of each dimension of each class's block over its images.

    A class with fewer than two images has none: zeros.
    """
    blocks = block_of(embedding, labels, classes=classes)
    found = torch.zeros(classes, blocks.shape[1])
    for label in range(classes):
        if (rows := labels == label).sum() > 1:
            found[label] = blocks[rows].std(dim=0, correction=0)
    return found


def traversed(
    network: Network,
    embedding: Float[Tensor, EMBEDDED],
    labels: Int64[Tensor, " images"],
    spread: Float[Tensor, "classes block"],
    steps: tuple[float, ...] = STEPS,
) -> Float[Tensor, DRAWN]:
    """Return what is drawn of each embedding with each dimension of its class's block moved.

    Each picture has one dimension moved by so many of its spreads, and all others as they are
    (Sabour et al. 2017, sec. 5.1, who move by fixed amounts, which only fit lengths below one).
    """
    count, width = len(embedding), spread.shape[1]
    moves = torch.einsum("s,id->ids", torch.tensor(steps), spread[labels])
    moved = torch.diag_embed(moves.movedim(1, 2)).movedim(1, 2)
    whole = torch.zeros(count, width, len(steps), len(spread), width)
    whole[torch.arange(count), :, :, labels] = moved
    shifted = embedding[:, None, None] + whole.flatten(3)
    each = labels[:, None, None].expand(shifted.shape[:3]).flatten()
    drawn = redrawn(network, shifted.flatten(0, 2), each, classes=len(spread))
    return drawn.unflatten(0, shifted.shape[:3])


def redrawn(
    network: Network,
    embedding: Float[Tensor, EMBEDDED],
    labels: Int64[Tensor, " images"],
    *,
    classes: int,
) -> Float[Tensor, "images 1 height width"]:
    """Return what the decoder draws of each embedding's block of its class, without gradients."""
    chosen, device = one_hot(labels, classes).float(), device_of(network)
    with torch.inference_mode():
        return reconstruct(network, embedding.to(device), chosen.to(device)).cpu().clone()


def flat(drawn: Float[Tensor, DRAWN]) -> Float[Tensor, "pictures 1 height width"]:
    """Return all pictures in one row."""
    return drawn.flatten(0, 2)
