"""The form in which an attacking library gets a network: frozen, checked, one output map on top.

torchattacks switches its model between training and evaluation, writes into the scores that it
gets, and draws from torch's global generator, which some of its attacks also reset.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor, nn

from capsprobe.attacks.output_maps import OutputMap
from capsprobe.faults import ModelFault
from capsprobe.models.base import Network
from capsprobe.shapes import IMAGES, SCORES

Precision = Literal["fp32", "bf16"]
PRECISIONS: tuple[Precision, ...] = ("fp32", "bf16")
Source = Callable[[Float[Tensor, IMAGES]], Float[Tensor, SCORES]]
# By how much a score must lead: what leads by less may trail in a batch of another size.
_CLEARLY = 1e-5


class Adapter(nn.Module):
    """A network's mapped scores; its mode and that of the network cannot be changed through it.

    In bf16 the scores are those of a search; `errs` is always in single precision.
    """

    def __init__(
        self, network: Network, output_map: OutputMap, *, precision: Precision = "fp32"
    ) -> None:
        super().__init__()
        self.network = network
        self._output_map = output_map
        self._half = precision == "bf16"
        self.training = False

    def forward(self, images: Float[Tensor, IMAGES]) -> Float[Tensor, SCORES]:
        """Return mapped scores that are the caller's to write into.

        Raises
        ------
        ModelFault
            Where the network returns anything but finite scores with finite gradients.
        """
        with torch.autocast(images.device.type, torch.bfloat16, enabled=self._half):
            raw = self.raw(images)
        _check_scores(raw, images)
        if images.requires_grad:
            images.register_hook(_check_gradient)
        return self._output_map(raw.float(), self.network.scores)

    def raw(self, images: Float[Tensor, IMAGES]) -> Any:
        """Return what is checked and mapped: whatever the network returns."""
        return self.network(images)

    def judge(
        self,
        images: Float[Tensor, IMAGES],
        mapped: Float[Tensor, SCORES],
        labels: Int64[Tensor, " images"],
    ) -> tuple[Float[Tensor, " images"], Bool[Tensor, " images"]]:
        """Return how far each label is behind, and whether the image is broken.

        `mapped` are the scores that the search saw. It may run in half precision: what counts is
        the network in single, which is asked about what looks broken.
        """
        lost = behind(mapped, labels)
        broken = lost > 0.0
        if broken.any():
            broken[broken.clone()] = self.errs(images[broken], labels[broken])
        return lost, broken

    def errs(
        self, images: Float[Tensor, IMAGES], labels: Int64[Tensor, " images"]
    ) -> Bool[Tensor, " images"]:
        """Return where the network, no map on it, clearly prefers another class to the label.

        Raises
        ------
        ModelFault
            Where the network returns anything but finite scores.
        """
        return self.lost(images, labels) > _CLEARLY

    def lost(
        self, images: Float[Tensor, IMAGES], labels: Int64[Tensor, " images"]
    ) -> Float[Tensor, " images"]:
        """Return by how much the label is behind in the network's own scores, no map on them.

        Raises
        ------
        ModelFault
            Where the network returns anything but finite scores.
        """
        images = images.detach()
        with torch.no_grad():
            raw = self.network(images)
        _check_scores(raw, images)
        return behind(raw.float(), labels)

    def train(self, mode: bool = True) -> "Adapter":
        """Return the adapter as it is."""
        del mode
        return self


class Detour(Adapter):
    """Follows the gradients of other scores; what is broken, and how nearly, the network says."""

    def __init__(self, mapped: Adapter, source: Source) -> None:
        precision: Precision = "bf16" if mapped._half else "fp32"
        super().__init__(mapped.network, mapped._output_map, precision=precision)
        self._source = source

    def raw(self, images: Float[Tensor, IMAGES]) -> Any:
        """Return the other scores."""
        return self._source(images)

    def judge(
        self,
        images: Float[Tensor, IMAGES],
        mapped: Float[Tensor, SCORES],
        labels: Int64[Tensor, " images"],
    ) -> tuple[Float[Tensor, " images"], Bool[Tensor, " images"]]:
        """Return what the network itself says: the scores that the search saw are not its own."""
        del mapped
        lost = self.lost(images, labels)
        return lost, lost > _CLEARLY


def behind(
    scores: Float[Tensor, SCORES], labels: Int64[Tensor, " images"]
) -> Float[Tensor, " images"]:
    """Return by how much the label is behind the best other class; negative where it leads."""
    truth = scores.gather(1, labels[:, None])
    others = scores.scatter(1, labels[:, None], -torch.inf)
    return others.amax(dim=1) - truth[:, 0]


@contextmanager
def forked(device: torch.device) -> Iterator[None]:
    """Restore the global generators of the CPU and of the device's kind after the block.

    Square resets CUDA's generator even where the network lies on the CPU.
    """
    kind = "cuda" if device.type == "cpu" else device.type
    busy = device.type != "cpu" or torch.cuda.is_initialized()
    count = torch.get_device_module(kind).device_count() if busy else 0
    with torch.random.fork_rng(devices=range(count), device_type=kind):
        yield


def _check_scores(raw: object, images: Tensor) -> None:
    expected = f"expected scores of shape ({len(images)}, classes)"
    if not isinstance(raw, Tensor):
        raise ModelFault(f"{expected}, got {type(raw).__name__}")
    if raw.ndim != 2 or len(raw) != len(images) or raw.shape[1] < 2:
        raise ModelFault(f"{expected}, got {tuple(raw.shape)}")
    if not torch.isfinite(raw).all():
        raise ModelFault("expected finite scores, got NaN or infinity")
    if images.requires_grad and not raw.requires_grad:
        raise ModelFault("expected scores that can be differentiated by the image, got constants")


def _check_gradient(gradient: Tensor) -> None:
    # The sign of NaN is 0: an attack that follows it would stand still, and every image with it.
    if not torch.isfinite(gradient).all():
        raise ModelFault("expected finite gradients by the image, got NaN or infinity")
