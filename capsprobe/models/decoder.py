"""The decoder of Sabour et al. 2017 (fig. 2): an image from the embedding of one class.

Every head can carry one, so that what the decoder does to a network is not taken for what
capsules do.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import one_hot

from capsprobe.faults import ModelFault
from capsprobe.models.base import Embeds, Frame, Network, Reconstructs, embedder
from capsprobe.shapes import IMAGES, SCORES

# So that a drawing without any fault has a gradient too.
_TINY = 1e-12


class Decoder(nn.Sequential):
    """Two layers of rectified units, then one sigmoid a pixel."""

    def __init__(self, frame: Frame, features: int, units: tuple[int, int]) -> None:
        first, second = units
        super().__init__(
            nn.Linear(features, first),
            nn.ReLU(),
            nn.Linear(first, second),
            nn.ReLU(),
            nn.Linear(second, frame.canvas**2),
            nn.Sigmoid(),
            nn.Unflatten(1, (1, frame.canvas, frame.canvas)),
        )


def attach(network: Network) -> None:
    """Give a network a decoder for its embedding, with fresh weights.

    Raises
    ------
    ModelFault
        Where the network shows no embedding.
    """
    side = network.frame.canvas
    training = network.training
    with torch.no_grad():
        features = embedder(network.eval()).embed(torch.zeros(1, 1, side, side)).shape[1]
    network.train(training)
    network.decoder = Decoder(network.frame, features, network.decoder_units)


def can_redraw(network: Network) -> bool:
    """Return whether a network draws an image of its winning class."""
    decodes = network.decoder is not None and isinstance(network, Embeds)
    return decodes or isinstance(network, Reconstructs)


def reconstruct(
    network: Network,
    embedding: Float[Tensor, "images features"],
    classes: Float[Tensor, SCORES],
) -> Float[Tensor, IMAGES]:
    """Return images drawn from the embedding's block of the one class that is 1 in `classes`."""
    if network.decoder is None:
        raise ModelFault(f"expected a network with a decoder, got {type(network).__name__} without")
    return network.decoder(masked(embedding, classes))


def masked(
    embedding: Float[Tensor, "images features"], classes: Float[Tensor, SCORES]
) -> Float[Tensor, "images features"]:
    """Return the embedding with all blocks but those of the given classes set to zero."""
    blocks = embedding.unflatten(1, (classes.shape[1], -1))
    return (blocks * classes[:, :, None]).flatten(1)


def distance_from_winner(
    network: Network, images: Float[Tensor, IMAGES]
) -> Float[Tensor, " images"]:
    """Return the Euclidean distance of each image from what its winning class's block draws.

    What Frosst, Sabour and Hinton (2018) tell adversarial images by. A gradient passes through
    the image itself and through the embedding, not through the choice of the winner.
    """
    if isinstance(network, Reconstructs):
        return network.distance_from_redrawn(images)
    embedded = embedder(network)
    embedding = embedded.embed(images)
    scores = embedded.classify(embedding)
    winner = one_hot(scores.argmax(dim=1), scores.shape[1]).to(scores.dtype)
    return apart(reconstruct(network, embedding, winner).flatten(1), images.flatten(1))


def apart(
    drawn: Float[Tensor, "images pixels"], images: Float[Tensor, "images pixels"]
) -> Float[Tensor, " images"]:
    """Return the Euclidean distance of each image from its drawing."""
    return torch.sqrt((drawn - images).square().sum(dim=1) + _TINY)


def reconstruction_error(
    drawn: Float[Tensor, IMAGES], images: Float[Tensor, IMAGES]
) -> Float[Tensor, ""]:
    """Return the squared error summed over pixels, mean over images (Sabour et al., sec. 4.1)."""
    return (drawn - images).square().flatten(1).sum(dim=1).mean()
