"""Running a network over many images in batches."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from capsprobe.data.images import ImageSet
from capsprobe.faults import ModelFault
from capsprobe.models.base import Network
from capsprobe.models.batches import in_batches
from capsprobe.shapes import IMAGES, SCORES


def device_of(network: Network) -> torch.device:
    """Return where the network's weights lie."""
    return next(network.parameters()).device


def score(network: Network, images: Float[Tensor, IMAGES]) -> Float[Tensor, SCORES]:
    """Return class scores without gradients, in single precision, where the images lie.

    Raises
    ------
    ModelFault
        Where a score is not finite: no number may come from a NaN.
    """
    device = device_of(network)

    def few(rows: slice) -> Tensor:
        with torch.inference_mode():
            return network(images[rows].to(device)).float().to(images.device)

    scores = torch.cat([part for _, part in in_batches(network, len(images), few)])
    if not torch.isfinite(scores).all():
        raise ModelFault("expected finite scores, got NaN or infinity")
    return scores.clone()


def top(scores: Float[Tensor, SCORES], *, count: int) -> Int64[Tensor, "images count"]:
    """Return the classes of the highest scores of each image, sorted by class."""
    return scores.topk(count, dim=1).indices.sort(dim=1).values


def predict(network: Network, images: ImageSet) -> Int64[Tensor, "images labels"]:
    """Return for each image as many classes as it has labels, sorted; the network in eval mode."""
    network.eval()
    count = images.labels.reshape(len(images), -1).shape[1]
    return top(score(network, images.images), count=count)


def accuracy(network: Network, images: ImageSet) -> float:
    """Return the fraction of images whose labels, all of them, are the classes predicted."""
    labels = images.labels.reshape(len(images), -1).sort(dim=1).values
    return (predict(network, images) == labels).all(dim=1).double().mean().item()


@contextmanager
def frozen(network: nn.Module) -> Iterator[None]:
    """Keep the network in eval mode without gradients; restore each module and parameter after."""
    modes = [(module, module.training) for module in network.modules()]
    wants = [(parameter, parameter.requires_grad) for parameter in network.parameters()]
    network.eval()
    network.requires_grad_(False)
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode
        for parameter, want in wants:
            parameter.requires_grad_(want)


@contextmanager
def exact() -> Iterator[None]:
    """Keep convolutions on CUDA in single precision, and the same from run to run.

    By default cuDNN rounds their operands to TF32, which keeps ten bits, and may choose algorithms
    that add in any order. The CPU knows neither.
    """
    cudnn = torch.backends.cudnn
    with cudnn.flags(enabled=cudnn.enabled, deterministic=True, allow_tf32=False):
        yield
