"""Embeddings of many images, and the blocks of them that belong to one class."""

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from capsprobe.faults import ModelFault
from capsprobe.models.base import Network, embedder
from capsprobe.models.batches import in_batches
from capsprobe.models.inference import device_of
from capsprobe.shapes import IMAGES

EMBEDDED = "images features"


def embedded(network: Network, images: Float[Tensor, IMAGES]) -> Float[Tensor, EMBEDDED]:
    """Return what the network knows of each image, without gradients, where the images lie.

    Raises
    ------
    ModelFault
        Where the network shows no embedding, or a number of it is not finite.
    """
    shown, device = embedder(network), device_of(network)

    def few(rows: slice) -> Tensor:
        with torch.inference_mode():
            return shown.embed(images[rows].to(device)).float().to(images.device)

    found = torch.cat([part for _, part in in_batches(network, len(images), few)]).clone()
    if not torch.isfinite(found).all():
        raise ModelFault("expected a finite embedding, got NaN or infinity")
    return found


def block_of(
    embedding: Float[Tensor, EMBEDDED], labels: Int64[Tensor, " images"], *, classes: int
) -> Float[Tensor, "images block"]:
    """Return of each embedding the block of its class; all of it where it has no such blocks.

    An embedding of a user's own network may be of any width: where the classes do not divide it,
    or leave one number each, no block of it stands for a class.
    """
    width, rest = divmod(embedding.shape[1], classes)
    if rest or width < 2:
        return embedding
    blocks = embedding.unflatten(1, (classes, width))
    return blocks[torch.arange(len(labels)), labels]
