"""The momentum iterative method in the Euclidean norm (Dong et al. 2018, equation 9)."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float, Int64
from torch import Tensor
from torch.nn.functional import cross_entropy

from capsprobe.attacks.adapter import Adapter
from capsprobe.attacks.balls import L2Ball, unit
from capsprobe.attacks.base import Attack
from capsprobe.attacks.descent import check_descent, step_size
from capsprobe.shapes import IMAGES


# Not registered: within a budget PGD does more to the network that it follows.
@dataclass(frozen=True, kw_only=True)
class MomentumL2(Attack):
    """Steps of 2.5 eps / steps along a running sum of gradients, all of them taken.

    The sum forgets nothing (a decay of one); each gradient counts alike, by its 1-norm. The
    paper's steps of eps / steps end inside the ball unless all go the same way: longer ones, as
    PGD takes them, end at its edge.
    """

    name: ClassVar = "momentum-l2"
    norm: ClassVar = "l2"

    steps: int = 10

    def __post_init__(self) -> None:
        """Raise UsageFault where a number of steps cannot be meant."""
        check_descent(steps=self.steps, restarts=1)

    def perturb(
        self,
        mapped: Adapter,
        images: Float[Tensor, IMAGES],
        labels: Int64[Tensor, " images"],
        *,
        epsilon: float,
    ) -> Float[Tensor, IMAGES]:
        """Return the images after the last step."""
        ball, total, at = L2Ball(epsilon), torch.zeros_like(images), images
        for _ in range(self.steps):
            looked = at.detach().requires_grad_()
            loss = cross_entropy(mapped(looked), labels, reduction="sum")
            (gradient,) = torch.autograd.grad(loss, looked)
            direction = unit(gradient)
            total = total + direction / direction.abs().sum((1, 2, 3), keepdim=True).clamp(min=1.0)
            at = ball.step(looked.detach(), images, total, size=step_size(epsilon, self.steps))
        return at
