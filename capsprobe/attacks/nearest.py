"""Searches for the nearest image that errs: they know no epsilon, and fill a curve in one run."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from capsprobe.attacks.adapter import Adapter
from capsprobe.attacks.base import Attack
from capsprobe.attacks.budgets import Passes
from capsprobe.shapes import IMAGES

# Halvings of the way from the clean image to the one that was found: to a thousandth of it.
HALVINGS = 10
# What that costs, with the look before whether the clean image is right.
DRAWN = Passes(HALVINGS + 2)


@dataclass(frozen=True, kw_only=True)
class MinimumNorm(Attack):
    """An attack that makes the perturbation small, not one that stays within epsilon.

    A subclass fills `nearest`. Called with an epsilon like any attack, it shortens what it found;
    called with the largest epsilon there is, it gives what it found.
    """

    @abstractmethod
    def nearest(
        self,
        mapped: Adapter,
        images: Float[Tensor, IMAGES],
        labels: Int64[Tensor, " images"],
    ) -> Float[Tensor, IMAGES]:
        """Return an image that errs for each, as near as can be; any other where none was found.

        All images given are right when clean. Draws come from torch's global generator.
        """

    def begun(
        self, found: Float[Tensor, IMAGES], clean: Float[Tensor, IMAGES]
    ) -> Bool[Tensor, " images"]:
        """Return which images were searched for at all, given what was found: all of them.

        An attack that needs something to begin with overrides this.
        """
        del clean
        return torch.ones(len(found), dtype=torch.bool, device=found.device)

    @final
    def perturb(
        self,
        mapped: Adapter,
        images: Float[Tensor, IMAGES],
        labels: Int64[Tensor, " images"],
        *,
        epsilon: float,
    ) -> Float[Tensor, IMAGES]:
        """Return what was found, drawn towards the clean image as far as it still errs."""
        del epsilon
        found = images.clone()
        right = (~mapped.errs(images, labels)).nonzero().squeeze(1)
        if len(right) > 0:
            clean, truth = images[right], labels[right]
            found[right] = shorten(mapped, self.nearest(mapped, clean, truth), clean, truth)
        return found


def shorten(
    mapped: Adapter,
    found: Float[Tensor, IMAGES],
    clean: Float[Tensor, IMAGES],
    labels: Int64[Tensor, " images"],
) -> Float[Tensor, IMAGES]:
    """Return the images moved straight towards the clean ones, as long as they err.

    What does not err in [0, 1] stays as it is.
    """
    found = found.detach().clamp(0.0, 1.0)
    best = found.clone()
    wrong = mapped.errs(found, labels)
    low = torch.zeros(len(found), 1, 1, 1, device=found.device)
    high = torch.ones_like(low)
    for _ in range(HALVINGS):
        middle = (low + high) / 2.0
        tried = clean + middle * (found - clean)
        errs = wrong & mapped.errs(tried, labels)
        best = torch.where(wide(errs), tried, best)
        high = torch.where(wide(errs), middle, high)
        low = torch.where(wide(errs), low, middle)
    return best


def wide(chosen: Bool[Tensor, " images"]) -> Bool[Tensor, "images 1 1 1"]:
    """Return one truth an image in the shape that images have."""
    return chosen[:, None, None, None]
