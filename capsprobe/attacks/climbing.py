"""What Auto-PGD remembers of each image on its way up: the best so far, and how steps went."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from capsprobe.attacks.balls import Ball
from capsprobe.shapes import IMAGES

# Share of a step that is no momentum; share of the steps in a period that must climb.
_MOMENTUM, _CLIMBS = 0.75, 0.75


@dataclass
class Climb:
    """Where each image is, where its loss was highest, and how its step came to be."""

    rows: Int64[Tensor, " images"]
    at: Float[Tensor, IMAGES]
    before: Float[Tensor, IMAGES]
    gradient: Float[Tensor, IMAGES]
    loss: Float[Tensor, " images"]
    best: Float[Tensor, IMAGES]
    best_gradient: Float[Tensor, IMAGES]
    best_loss: Float[Tensor, " images"]
    size: Float[Tensor, "images 1 1 1"]
    climbs: Int64[Tensor, " images"]
    last_best: Float[Tensor, " images"]
    halved: Bool[Tensor, " images"]

    @classmethod
    def begin(cls, start: Float[Tensor, IMAGES], *, size: float) -> "Climb":
        """Return the climb before its first look."""
        count = len(start)
        lowest = start.new_full((count,), -torch.inf)
        return cls(
            rows=torch.arange(count, device=start.device),
            at=start,
            before=start,
            gradient=torch.zeros_like(start),
            loss=lowest,
            best=start,
            best_gradient=torch.zeros_like(start),
            best_loss=lowest,
            size=start.new_full((count, 1, 1, 1), size),
            climbs=torch.zeros(count, dtype=torch.int64, device=start.device),
            last_best=lowest,
            halved=torch.ones(count, dtype=torch.bool, device=start.device),
        )

    def keep(self, going: Bool[Tensor, " images"]) -> "Climb":
        """Return the climb of some images alone."""
        return Climb(**{name: held[going] for name, held in vars(self).items()})

    def look(self, loss: Float[Tensor, " images"], gradient: Float[Tensor, IMAGES]) -> None:
        """Note the loss here and which way is up."""
        self.climbs += (loss > self.loss).long()
        self.loss, self.gradient = loss, gradient
        higher = loss > self.best_loss
        wide = higher[:, None, None, None]
        self.best = torch.where(wide, self.at, self.best)
        self.best_gradient = torch.where(wide, gradient, self.best_gradient)
        self.best_loss = torch.where(higher, loss, self.best_loss)

    def step(self, ball: Ball, clean: Float[Tensor, IMAGES], *, first: bool) -> None:
        """Go up, and on the way that was taken before."""
        aim = ball.step(self.at, clean, self.gradient, size=self.size)
        share = 1.0 if first else _MOMENTUM
        moved = self.at + share * (aim - self.at) + (1.0 - share) * (self.at - self.before)
        self.before, self.at = self.at, ball.project(moved, clean)

    def check(self, *, period: int) -> None:
        """Halve the steps of who climbs too seldom or found nothing higher; back to the best."""
        stuck = ~self.halved & (self.best_loss <= self.last_best)
        self.halved = (self.climbs < _CLIMBS * period) | stuck
        wide = self.halved[:, None, None, None]
        self.size = torch.where(wide, self.size / 2.0, self.size)
        self.at = torch.where(wide, self.best, self.at)
        self.before = torch.where(wide, self.best, self.before)
        self.gradient = torch.where(wide, self.best_gradient, self.gradient)
        self.loss = torch.where(self.halved, self.best_loss, self.loss)
        self.last_best = self.best_loss.clone()
        self.climbs.zero_()
