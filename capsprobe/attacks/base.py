"""What every attack shares: how it is called, what it keeps to, what it leaves behind."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, final

import torch
from jaxtyping import Float, Int64, Shaped
from torch import Tensor

from capsprobe.attacks.adapter import PRECISIONS, Adapter, Precision, forked
from capsprobe.attacks.budgets import Budget, Passes
from capsprobe.attacks.norms import Norm, check_epsilon, clip, sizes
from capsprobe.attacks.output_maps import OUTPUT_MAPS, check_map
from capsprobe.faults import DataFault, ModelFault, UsageFault
from capsprobe.models.base import Network
from capsprobe.models.batches import in_batches
from capsprobe.models.inference import device_of, frozen
from capsprobe.registry import Registry, unknown
from capsprobe.seeds import derive
from capsprobe.shapes import IMAGES

_TOLERANCE = 1e-6


@dataclass(frozen=True, kw_only=True)
class Attack(ABC):
    """A search for a small perturbation that makes a network err. Settings are fields.

    A subclass declares `name` and `norm`, whether it `sees` gradients, scores or decisions alone,
    the lowest `budget` that runs it, and fills `perturb`. `efforts` has the settings that a budget
    gives it, where they are not the fields' defaults. One that `follows` is tried on what the
    attacks before it left standing. One made for certain output maps names them in `made_for`,
    and runs on these whatever maps are asked for. With `dtype` bf16 it searches in half precision.
    """

    name: ClassVar[str]
    norm: ClassVar[Norm]
    sees: ClassVar[Literal["gradients", "scores", "decisions"]] = "gradients"
    budget: ClassVar[Budget] = "standard"
    efforts: ClassVar[Mapping[Budget, Mapping[str, int]]] = {}
    follows: ClassVar[bool] = False
    made_for: ClassVar[tuple[str, ...]] = ()

    dtype: Precision = "fp32"

    @classmethod
    def within(cls, budget: Budget, **settings: Any) -> "Attack":
        """Return the attack with what a budget gives it; settings that are named come first."""
        return cls(**{**cls.efforts.get(budget, {}), **settings})

    def lacks(self, network: Network) -> str:
        """Return the ability that the network would need and has not, "" where it can be attacked.

        An attack on more than scores overrides this.
        """
        del network
        return ""

    def passes(self, classes: int) -> Passes:
        """Return what one call costs an image that it does not break, with so many classes.

        The product of steps and restarts, or the queries, unless an attack says otherwise.
        """
        del classes
        count = getattr(self, "queries", 0)
        count = count or getattr(self, "steps", 1) * getattr(self, "restarts", 1)
        return Passes(count, count if self.sees == "gradients" else 0)

    @final
    def __call__(
        self,
        network: Network,
        images: Shaped[Tensor, "..."],
        labels: Shaped[Tensor, "..."],
        *,
        epsilon: float,
        seed: int,
        output_map: str,
    ) -> Float[Tensor, IMAGES]:
        """Return an image within `epsilon` of each clean one, in [0, 1].

        The network is attacked in eval mode with frozen weights. It is left as found, and so is
        torch's global generator, also after an error. What is drawn depends on the seed, the
        attack, the output map, epsilon and the place of the batch. Images stay on their device.

        Raises
        ------
        UsageFault
            Where no such output map is known, epsilon cannot be meant, or the network lacks what
            the attack is on.
        DataFault
            Where images are not float32 in [0, 1], or labels not int64 classes of the network.
        ModelFault
            Where scores, or the images found by following them, are not finite.
        """
        check_map(output_map)
        _check_images(images)
        _check_labels(labels, len(images), network.frame.classes)
        if self.dtype not in PRECISIONS:
            raise UsageFault(unknown("dtype", self.dtype, PRECISIONS))
        check_epsilon(epsilon, norm=self.norm, pixels=images.shape[1:].numel())
        if ability := self.lacks(network):
            kind = type(network).__name__
            raise UsageFault(f"attack {self.name}: expected a network with {ability}, got {kind}")
        if len(images) == 0:
            return images.clone()
        device = device_of(network)
        mapped = Adapter(network, OUTPUT_MAPS[output_map], precision=self.dtype)

        def few(rows: slice) -> Tensor:
            place = rows.start
            torch.manual_seed(derive(seed, self.name, output_map, f"{epsilon:.9g}", place))
            # Clones, because what was made in inference mode cannot be differentiated.
            pixels, classes = images[rows].clone().to(device), labels[rows].clone().to(device)
            raw = self.perturb(mapped, pixels, classes, epsilon=epsilon)
            return self._checked(raw.detach().to(images.device), images[rows], epsilon)

        with frozen(network), forked(device), torch.inference_mode(False), torch.enable_grad():
            return torch.cat([part for _, part in in_batches(network, len(images), few)])

    @abstractmethod
    def perturb(
        self,
        mapped: Adapter,
        images: Float[Tensor, IMAGES],
        labels: Int64[Tensor, " images"],
        *,
        epsilon: float,
    ) -> Float[Tensor, IMAGES]:
        """Return one perturbed image for each; the only hole that a subclass fills.

        `mapped` gives the scores that are to be attacked. Draws come from torch's global
        generator, which is seeded for each batch.
        """

    def _checked(
        self, raw: Float[Tensor, IMAGES], clean: Float[Tensor, IMAGES], epsilon: float
    ) -> Float[Tensor, IMAGES]:
        """Return the images clipped to box and budget, and verified."""
        if not torch.isfinite(raw).all():
            raise ModelFault(f"{self.name}: expected finite adversarial images, got NaN")
        images = clip(raw, clean, epsilon=epsilon, norm=self.norm)
        verify(images, clean, epsilon=epsilon, norm=self.norm)
        return images


attacks: Registry[type[Attack]] = Registry("attack", "capsprobe.attacks")


def verify(
    images: Float[Tensor, IMAGES], clean: Float[Tensor, IMAGES], *, epsilon: float, norm: Norm
) -> None:
    """Raise RuntimeError where an image leaves box or budget by more than 1e-6: a bug of ours."""
    size = sizes(images - clean, norm).amax().item()
    outside = (images - images.clamp(0.0, 1.0)).abs().amax().item()
    if size > epsilon + _TOLERANCE or outside > _TOLERANCE:
        raise RuntimeError(
            f"expected adversarial images in [0, 1] within {norm} {epsilon:g}, "
            f"got a perturbation of {size:g}, {outside:g} outside"
        )


def _check_images(images: Tensor) -> None:
    if images.dtype != torch.float32 or images.ndim != 4:
        raise DataFault(
            "expected float32 images (images, channels, height, width), "
            f"got {images.dtype} of shape {tuple(images.shape)}"
        )
    # Written so that a NaN fails it too.
    if not ((images >= 0.0) & (images <= 1.0)).all():
        raise DataFault(
            f"expected images in [0, 1], got [{images.min().item():g}, {images.max().item():g}]"
        )


def _check_labels(labels: Tensor, images: int, classes: int) -> None:
    if labels.dtype != torch.int64 or tuple(labels.shape) != (images,):
        raise DataFault(
            f"expected one int64 label for each of {images} images, "
            f"got {labels.dtype} of shape {tuple(labels.shape)}"
        )
    if images > 0 and not (0 <= int(labels.min()) and int(labels.max()) < classes):
        raise DataFault(
            f"expected labels in 0..{classes - 1}, got {int(labels.min())}..{int(labels.max())}"
        )
