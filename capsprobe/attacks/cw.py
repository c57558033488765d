"""The attack of Carlini and Wagner 2017 in the Euclidean norm.

Own code, because torchattacks' version fails on digits: it has one weight for all images and
does not search for it, takes logits below zero for zero, stops all images when their sum of
losses rises, and cannot move a pixel that is exactly 0 or 1, where tanh has no slope.
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from capsprobe.attacks.adapter import Adapter, behind
from capsprobe.attacks.base import attacks
from capsprobe.attacks.budgets import Passes
from capsprobe.attacks.descent import check_descent
from capsprobe.attacks.nearest import DRAWN, MinimumNorm, wide
from capsprobe.faults import UsageFault
from capsprobe.shapes import IMAGES

# From here to there tanh can still be moved.
_DARKEST, _BRIGHTEST = 1e-3, 1.0 - 1e-3
_RAISE = 10.0
# The first weight is one over the lead of the label, so that no scale of the logits matters.
_LEAST_LEAD = 1e-6
# Steps times rate: enough for the argument of tanh to go from one end to the other. With 1000
# steps the rate is the 0.01 of the authors.
_TRAVEL = 10.0


@attacks.register("cw")
@dataclass(frozen=True, kw_only=True)
class Cw(MinimumNorm):
    """Least |x' - x|^2 + c max(z_y - max z_k, 0) over x' = (1 + tanh w) / 2, c searched for."""

    name: ClassVar = "cw"
    norm: ClassVar = "l2"
    made_for: ClassVar = ("logits",)
    efforts: ClassVar = {"strong": {"steps": 1000, "searches": 9}}

    steps: int = 100
    searches: int = 5

    def __post_init__(self) -> None:
        """Raise UsageFault where a number of steps or searches cannot be meant."""
        check_descent(steps=self.steps, restarts=1)
        if self.searches < 1:
            raise UsageFault(f"expected searches >= 1, got {self.searches}")

    def passes(self, classes: int) -> Passes:
        """Return those of every step of every search, each looked at twice where it errs."""
        return Passes(2, 1) * (self.steps * self.searches) + DRAWN

    def nearest(
        self,
        mapped: Adapter,
        images: Float[Tensor, IMAGES],
        labels: Int64[Tensor, " images"],
    ) -> Float[Tensor, IMAGES]:
        """Return the nearest image that errs over all weights and steps."""
        with torch.no_grad():
            lead = -behind(mapped(images), labels)
        search = _Search(images, 1.0 / lead.clamp(min=_LEAST_LEAD))
        for _ in range(self.searches):
            search.weigh(self._descend(mapped, images, labels, search))
        return search.best

    def _descend(
        self,
        mapped: Adapter,
        images: Float[Tensor, IMAGES],
        labels: Int64[Tensor, " images"],
        search: "_Search",
    ) -> Bool[Tensor, " images"]:
        """Minimise with the weights at hand; return which images broke on the way."""
        broken = torch.zeros_like(labels, dtype=torch.bool)
        inner = images.clamp(_DARKEST, _BRIGHTEST)
        free = torch.atanh(2.0 * inner - 1.0).requires_grad_()
        adam = torch.optim.Adam([free], lr=_TRAVEL / self.steps)
        for _ in range(self.steps):
            tried = (1.0 + torch.tanh(free)) / 2.0
            squares = (tried - images).square().flatten(1).sum(dim=1)
            lost = behind(mapped(tried), labels)
            cost = squares + search.weight * (-lost).clamp(min=0.0)
            broken |= search.note(mapped, tried.detach(), labels, squares.detach(), lost.detach())
            (free.grad,) = torch.autograd.grad(cost.sum(), free)
            adam.step()
        return broken


class _Search:
    """For each image the nearest that errs, and the weight c between those that did too little."""

    def __init__(self, images: Float[Tensor, IMAGES], weight: Float[Tensor, " images"]) -> None:
        self.best = images.clone()
        self.weight = weight
        self._squares = torch.full_like(self.weight, torch.inf)
        self._low = torch.zeros_like(self.weight)
        self._high = torch.full_like(self.weight, torch.inf)

    def note(
        self,
        mapped: Adapter,
        tried: Float[Tensor, IMAGES],
        labels: Int64[Tensor, " images"],
        squares: Float[Tensor, " images"],
        lost: Float[Tensor, " images"],
    ) -> Bool[Tensor, " images"]:
        """Keep what errs and is nearer than before; return what errs."""
        wrong = lost > 0.0
        if wrong.any():
            # The search may run in half precision: what counts is the network in single.
            wrong[wrong.clone()] = mapped.errs(tried[wrong], labels[wrong])
        nearer = wrong & (squares < self._squares)
        self._squares = torch.where(nearer, squares, self._squares)
        self.best = torch.where(wide(nearer), tried, self.best)
        return wrong

    def weigh(self, broken: Bool[Tensor, " images"]) -> None:
        """Halve the bracket around the weight; raise it tenfold where nothing broke yet."""
        self._high = torch.where(broken, self.weight, self._high)
        self._low = torch.where(broken, self._low, self.weight)
        middle = (self._low + self._high) / 2.0
        self.weight = torch.where(self._high.isinf(), _RAISE * self.weight, middle)
