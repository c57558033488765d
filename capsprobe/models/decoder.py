"""The decoder of Sabour et al. 2017 (fig. 2): an image from the embedding of one class."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from capsprobe.models.base import Frame
from capsprobe.shapes import IMAGES, SCORES

_HIDDEN = (512, 1024)


class Decoder(nn.Sequential):
    """512 and 1024 rectified units, then one sigmoid a pixel."""

    def __init__(self, frame: Frame, features: int) -> None:
        first, second = _HIDDEN
        super().__init__(
            nn.Linear(features, first),
            nn.ReLU(),
            nn.Linear(first, second),
            nn.ReLU(),
            nn.Linear(second, frame.canvas**2),
            nn.Sigmoid(),
            nn.Unflatten(1, (1, frame.canvas, frame.canvas)),
        )


def masked(
    embedding: Float[Tensor, "images features"], classes: Float[Tensor, SCORES]
) -> Float[Tensor, "images features"]:
    """Return the embedding with all blocks but those of the given classes set to zero.

    `classes` is one hot; the embedding holds one block of equal size a class.
    """
    blocks = embedding.unflatten(1, (classes.shape[1], -1))
    return (blocks * classes[:, :, None]).flatten(1)


def reconstruction_error(
    drawn: Float[Tensor, IMAGES], images: Float[Tensor, IMAGES]
) -> Float[Tensor, ""]:
    """Return the squared error summed over pixels, mean over images."""
    return (drawn - images).square().flatten(1).sum(dim=1).mean()
