"""What every model is: images in [0, 1] in, class scores out, and what it may offer besides."""

from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from capsprobe.faults import ModelFault
from capsprobe.registry import Registry
from capsprobe.routing.base import RoutingTrace
from capsprobe.shapes import IMAGES, SCORES

Scores = Literal["logits", "lengths"]
# Lengths are kept this far from 0 and 1 before their log odds are taken: at 1e-6 the odds of a
# pose of norm 1000, which squash cannot tell from a longer one in single precision.
ODDS_MARGIN = 1e-6
BATCH_SIZE = 128


@dataclass(frozen=True, kw_only=True)
class Frame:
    """What a model is built for: the number of classes, the square canvas, and its width.

    `width` counts the trunk's middle channels, `types` the kinds of primary capsule.
    """

    classes: int = 10
    canvas: int = 28
    width: int = 48
    types: int = 5


class Network(nn.Module):
    """Images (images, 1, canvas, canvas) in [0, 1] to class scores; it says which kind they are.

    `lengths` lie in (0, 1), `logits` anywhere. The decoder, where there is one, draws an image
    from the embedding (capsprobe.models.decoder) through two layers of `decoder_units`, few enough
    that a compact network stays one. `batch_size` says how many images whoever runs
    it should pass at once (capsprobe.models.batches).
    """

    scores: Scores
    frame: Frame
    decoder_units: tuple[int, int] = (48, 64)

    def __init__(self) -> None:
        super().__init__()
        # In the instance: torch would never look past a class attribute to a submodule.
        self.decoder: nn.Module | None = None
        self.batch_size = BATCH_SIZE


class Model(Protocol):
    """A function from a frame to a network that is built for it."""

    def __call__(self, frame: Frame) -> Network:
        """Return the network with fresh weights."""


@runtime_checkable
class Traceable(Protocol):
    """A network that shows its routing."""

    def trace(self, images: Float[Tensor, IMAGES]) -> RoutingTrace:
        """Return votes, logits, coefficients and parents of every iteration."""


@runtime_checkable
class Routed(Traceable, Protocol):
    """A network whose routing is a name that may be exchanged (capsprobe.models.swapping)."""

    routing: str
    iterations: int


@runtime_checkable
class Gated(Protocol):
    """A network that weighs its channels or capsules by gates and shows them."""

    def gates(self, images: Float[Tensor, IMAGES]) -> tuple[Float[Tensor, "images gates"], ...]:
        """Return one number a channel or child, for each gating in the order of the layers."""


@runtime_checkable
class Embeds(Protocol):
    """A network that shows what it knows of an image before it names a class.

    Its scores are `classify(embed(images))`; the embedding holds one block of equal size a class.
    """

    def embed(self, images: Float[Tensor, IMAGES]) -> Float[Tensor, "images features"]:
        """Return the embedding, its blocks side by side."""

    def classify(self, embedding: Float[Tensor, "images features"]) -> Float[Tensor, SCORES]:
        """Return the scores that belong to an embedding."""


@runtime_checkable
class Reconstructs(Protocol):
    """A network that draws its input again, without a decoder of ours."""

    def distance_from_redrawn(self, images: Float[Tensor, IMAGES]) -> Float[Tensor, " images"]:
        """Return the Euclidean distance of each image from what is drawn of its winning class."""


def embedder(network: Network) -> Embeds:
    """Return the network as one that shows its embedding; raise ModelFault where it does not."""
    if not isinstance(network, Embeds):
        raise ModelFault(f"expected a network with an embedding, got {type(network).__name__}")
    return network


models: Registry[Model] = Registry("model", "capsprobe.models")


def as_logits(scores: Float[Tensor, SCORES], kind: Scores) -> Float[Tensor, SCORES]:
    """Return scores on the logit scale: lengths l become ln(l / (1 - l)) = 2 ln|s|.

    The map is monotone, so that no decision changes; |s| is the norm before squash.
    """
    if kind == "logits":
        return scores
    return torch.logit(scores, eps=ODDS_MARGIN)


def as_lengths(scores: Float[Tensor, SCORES], kind: Scores) -> Float[Tensor, SCORES]:
    """Return scores in (0, 1): logits go through the sigmoid."""
    return torch.sigmoid(scores) if kind == "logits" else scores
