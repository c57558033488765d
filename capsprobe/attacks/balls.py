"""The budget as a ball around each clean image: where a descent starts in it, and how it steps."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor

from capsprobe.attacks.norms import clip
from capsprobe.shapes import IMAGES

# One step for all images, or one for each.
Size = float | Float[Tensor, "#images 1 1 1"]
# A network that is sure of its answers has tiny gradients: any larger floor shortens their steps.
_NEVER_ZERO = 1e-30


@runtime_checkable
class Ball(Protocol):
    """Where a descent may go, in one norm."""

    @property
    def epsilon(self) -> float:
        """Return the radius."""

    def start(self, clean: Float[Tensor, IMAGES]) -> Float[Tensor, IMAGES]:
        """Return a random image in the ball, drawn from torch's global generator."""

    def step(
        self,
        images: Float[Tensor, IMAGES],
        clean: Float[Tensor, IMAGES],
        gradient: Float[Tensor, IMAGES],
        *,
        size: Size,
    ) -> Float[Tensor, IMAGES]:
        """Return the images moved up the gradient by `size`, back in the ball and in [0, 1]."""

    def project(
        self, images: Float[Tensor, IMAGES], clean: Float[Tensor, IMAGES]
    ) -> Float[Tensor, IMAGES]:
        """Return the images, those outside moved into the ball and into [0, 1]."""


@dataclass(frozen=True)
class LinfBall:
    """Steps along the gradient's sign; starts are uniform (Madry et al. 2018)."""

    epsilon: float

    def start(self, clean: Float[Tensor, IMAGES]) -> Float[Tensor, IMAGES]:
        """Return every pixel moved by a uniform draw."""
        noise = torch.empty_like(clean).uniform_(-self.epsilon, self.epsilon)
        return (clean + noise).clamp_(0.0, 1.0)

    def step(
        self,
        images: Float[Tensor, IMAGES],
        clean: Float[Tensor, IMAGES],
        gradient: Float[Tensor, IMAGES],
        *,
        size: Size,
    ) -> Float[Tensor, IMAGES]:
        """Return the images moved by the gradient's sign."""
        return self.project(images + size * gradient.sign(), clean)

    def project(
        self, images: Float[Tensor, IMAGES], clean: Float[Tensor, IMAGES]
    ) -> Float[Tensor, IMAGES]:
        """Return the images with every pixel within reach of the clean one."""
        return clip(images, clean, epsilon=self.epsilon, norm="linf")


@dataclass(frozen=True)
class L2Ball:
    """Steps along the gradient's direction; starts have a uniform norm and direction."""

    epsilon: float

    def start(self, clean: Float[Tensor, IMAGES]) -> Float[Tensor, IMAGES]:
        """Return every image moved in a random direction, up to the edge."""
        far = self.epsilon * torch.rand(len(clean), 1, 1, 1, device=clean.device)
        return (clean + far * unit(torch.randn_like(clean))).clamp_(0.0, 1.0)

    def step(
        self,
        images: Float[Tensor, IMAGES],
        clean: Float[Tensor, IMAGES],
        gradient: Float[Tensor, IMAGES],
        *,
        size: Size,
    ) -> Float[Tensor, IMAGES]:
        """Return the images moved by the gradient's direction."""
        return self.project(images + size * unit(gradient), clean)

    def project(
        self, images: Float[Tensor, IMAGES], clean: Float[Tensor, IMAGES]
    ) -> Float[Tensor, IMAGES]:
        """Return the images with perturbations shortened to the radius."""
        return clip(images, clean, epsilon=self.epsilon, norm="l2")


def unit(direction: Float[Tensor, IMAGES]) -> Float[Tensor, IMAGES]:
    """Return the directions at length one; nothing stays nothing."""
    # The largest entry first: the squares of tiny ones would be zero.
    flat = direction.flatten(1)
    flat = flat / flat.abs().amax(dim=1, keepdim=True).clamp(min=_NEVER_ZERO)
    norm = flat.norm(dim=1, keepdim=True).clamp(min=_NEVER_ZERO)
    return (flat / norm).view_as(direction)
