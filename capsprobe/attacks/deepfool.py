"""DeepFool (Moosavi-Dezfooli et al. 2016): to the nearest boundary of a network taken as linear.

torchattacks' version takes one image at a time, and where pixels are held at 0 or 1 its steps
shrink to nothing on the near side of the boundary. Here images go in batches, and steps reach
beyond the boundary by half their length, each by half more than the one before; the base class
then draws what was found back to the boundary.
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from capsprobe.attacks.adapter import Adapter
from capsprobe.attacks.base import attacks
from capsprobe.attacks.budgets import Passes
from capsprobe.attacks.descent import check_descent
from capsprobe.attacks.nearest import DRAWN, MinimumNorm
from capsprobe.shapes import IMAGES, SCORES

_OVERSHOOT = 0.5
_NEVER_ZERO, _FARTHEST = 1e-30, 1e30


@attacks.register("deepfool")
@dataclass(frozen=True, kw_only=True)
class DeepFool(MinimumNorm):
    """Steps to the nearest of the boundaries of the network taken as linear, until one is past."""

    name: ClassVar = "deepfool"
    norm: ClassVar = "l2"
    made_for: ClassVar = ("logits",)

    steps: int = 50

    def __post_init__(self) -> None:
        """Raise UsageFault where a number of steps cannot be meant."""
        check_descent(steps=self.steps, restarts=1)

    def passes(self, classes: int) -> Passes:
        """Return those of every step: a gradient for each class."""
        return Passes(2, classes) * self.steps + DRAWN

    def nearest(
        self,
        mapped: Adapter,
        images: Float[Tensor, IMAGES],
        labels: Int64[Tensor, " images"],
    ) -> Float[Tensor, IMAGES]:
        """Return the images after the step that broke each."""
        at = images.clone()
        going = torch.arange(len(images), device=images.device)
        for step in range(self.steps):
            way = _to_boundary(mapped, at[going], labels[going])
            reach = 1.0 + _OVERSHOOT * (step + 1)
            at[going] = (at[going] + reach * way).clamp(0.0, 1.0)
            going = going[~mapped.errs(at[going], labels[going])]
            if len(going) == 0:
                break
        return at


def _to_boundary(
    mapped: Adapter, images: Float[Tensor, IMAGES], labels: Int64[Tensor, " images"]
) -> Float[Tensor, IMAGES]:
    """Return |f_k| / |w_k|^2 w_k for the class k with the least |f_k| / |w_k|.

    f_k = z_k - z_y, and w_k is its gradient.
    """
    scores, slopes = jacobian(mapped, images)
    rows = torch.arange(len(images), device=images.device)
    behind = scores - scores[rows, labels][:, None]
    slopes = slopes - slopes[rows, labels][:, None]
    lengths = slopes.flatten(2).norm(dim=2).clamp(min=_NEVER_ZERO)
    # A class without a slope is far away, and no way leads to it.
    far = (behind.abs() / lengths).clamp(max=_FARTHEST).scatter(1, labels[:, None], torch.inf)
    nearest = far.argmin(dim=1)
    directions = slopes[rows, nearest] / lengths[rows, nearest][:, None, None, None]
    return far[rows, nearest][:, None, None, None] * directions


def jacobian(
    mapped: Adapter, images: Float[Tensor, IMAGES]
) -> tuple[Float[Tensor, SCORES], Float[Tensor, "images classes channels height width"]]:
    """Return the scores and the gradient of each by the image."""
    at = images.detach().requires_grad_()
    scores = mapped(at)
    slopes = [
        torch.autograd.grad(column.sum(), at, retain_graph=True)[0] for column in scores.unbind(1)
    ]
    return scores.detach(), torch.stack(slopes, dim=1)
