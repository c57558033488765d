"""The boundary attack (Brendel et al. 2018): a walk along the boundary that sees answers alone.

It begins at an image that errs and comes nearer by chance: a step at right angles to the way to
the clean image, then one towards it, kept where the network still errs. No slope of any output
can mislead it. torchattacks has none.
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from capsprobe.attacks.adapter import Adapter
from capsprobe.attacks.balls import unit
from capsprobe.attacks.base import attacks
from capsprobe.attacks.nearest import HALVINGS, MinimumNorm, shorten, wide
from capsprobe.attacks.norms import sizes
from capsprobe.faults import UsageFault
from capsprobe.shapes import IMAGES

# Steps as parts of the distance at the beginning; how they grow and shrink; of so many tries the
# part that should err: half of the sideways steps, a quarter of the steps nearer.
_ASIDE, _NEARER = 0.1, 0.1
_GROWTH = 1.1
_HALF, _QUARTER = 0.5, 0.25
_NOISES = 16


@attacks.register("boundary")
@dataclass(frozen=True, kw_only=True)
class Boundary(MinimumNorm):
    """A walk by chance along the boundary, nearer and nearer, that sees answers alone."""

    name: ClassVar = "boundary"
    norm: ClassVar = "l2"
    sees: ClassVar = "decisions"
    # Maps turn no decision, so one is as good as another.
    made_for: ClassVar = ("scores",)
    efforts: ClassVar = {"standard": {"queries": 1000}, "strong": {"queries": 10_000}}

    queries: int = 1000

    def __post_init__(self) -> None:
        """Raise UsageFault where a number of queries cannot be meant."""
        if self.queries < 1:
            raise UsageFault(f"expected queries >= 1, got {self.queries}")

    def nearest(
        self,
        mapped: Adapter,
        images: Float[Tensor, IMAGES],
        labels: Int64[Tensor, " images"],
    ) -> Float[Tensor, IMAGES]:
        """Return where each walk ended; the clean image where none could begin."""
        start = beginnings(mapped, images, labels)
        rows = mapped.errs(start, labels).nonzero().squeeze(1)
        if len(rows) > 0:
            clean, truth = images[rows], labels[rows]
            walk = _Walk(mapped, shorten(mapped, start[rows], clean, truth), clean, truth)
            # Two queries a step, after those that the beginning took.
            for _ in range(max(0, self.queries - _NOISES - HALVINGS) // 2):
                walk.step()
            start[rows] = walk.at
        return start

    def begun(
        self, found: Float[Tensor, IMAGES], clean: Float[Tensor, IMAGES]
    ) -> Bool[Tensor, " images"]:
        """Return which walks could begin: their end errs, so that it is not the clean image."""
        return (found != clean).flatten(1).any(dim=1)


def beginnings(
    mapped: Adapter, images: Float[Tensor, IMAGES], labels: Int64[Tensor, " images"]
) -> Float[Tensor, IMAGES]:
    """Return for each image the nearest that errs, of the others given and of a few of noise."""
    noise = torch.rand(_NOISES, *images.shape[1:], device=images.device)
    candidates = torch.cat([images, noise])
    apart = torch.cdist(images.flatten(1), candidates.flatten(1))
    for label in labels.unique():
        errs = mapped.errs(candidates, label.expand(len(candidates)))
        mine = (labels == label).nonzero().squeeze(1)
        apart[mine] = torch.where(errs, apart[mine], torch.inf)
    chosen = candidates[apart.argmin(dim=1)]
    return torch.where(wide(apart.amin(dim=1).isfinite()), chosen, images)


class _Walk:
    """Where each image is on its boundary, and how long its steps are."""

    def __init__(
        self,
        mapped: Adapter,
        at: Float[Tensor, IMAGES],
        clean: Float[Tensor, IMAGES],
        labels: Int64[Tensor, " images"],
    ) -> None:
        self.at = at
        self._mapped, self._clean, self._labels = mapped, clean, labels
        self._aside = torch.full((len(at), 1, 1, 1), _ASIDE, device=at.device)
        self._nearer = torch.full_like(self._aside, _NEARER)

    def step(self) -> None:
        """Go aside, then nearer; lengthen steps that err more often than they should."""
        aside = self._sideways()
        errs = self._mapped.errs(aside, self._labels)
        nearer = (aside + self._nearer * (self._clean - aside)).clamp(0.0, 1.0)
        kept = errs & self._mapped.errs(nearer, self._labels) & self._is_nearer(nearer)
        self.at = torch.where(wide(kept), nearer, self.at)
        self._aside = _adapted(self._aside, errs, aim=_HALF)
        self._nearer = torch.where(
            wide(errs), _adapted(self._nearer, kept, aim=_QUARTER), self._nearer
        ).clamp(max=0.5)

    def _sideways(self) -> Float[Tensor, IMAGES]:
        """Return a random step on the sphere around the clean image, kept in the box."""
        way = self.at - self._clean
        distance = wide_sizes(way)
        towards = unit(way)
        noise = torch.randn_like(way)
        along = (noise * towards).flatten(1).sum(dim=1)[:, None, None, None]
        step = unit(noise - along * towards) * self._aside * distance
        back = unit(way + step) * distance
        return (self._clean + back).clamp(0.0, 1.0)

    def _is_nearer(self, tried: Float[Tensor, IMAGES]) -> Bool[Tensor, " images"]:
        return sizes(tried - self._clean, "l2") < sizes(self.at - self._clean, "l2")


def wide_sizes(delta: Float[Tensor, IMAGES]) -> Float[Tensor, "images 1 1 1"]:
    """Return each perturbation's Euclidean norm in the shape that images have."""
    return sizes(delta, "l2").to(delta.dtype)[:, None, None, None]


def _adapted(
    size: Float[Tensor, "images 1 1 1"], worked: Bool[Tensor, " images"], *, aim: float
) -> Float[Tensor, "images 1 1 1"]:
    """Return the sizes, longer where it worked and shorter where not, at rest where `aim` do.

    With probability p of working, log size moves by p (1 - aim) - (1 - p) aim = p - aim a step.
    """
    change = torch.where(wide(worked), 1.0 - aim, -aim)
    return size * _GROWTH**change
