"""Projected gradient descent by runs, each on the images that no run before it has broken.

Within a run an image leaves as soon as it is broken: most break in a few steps, and what follows
would be spent on them for nothing. torchattacks' PGD takes every step with every image and
returns the last, which a fixed step may have carried back over the boundary; the tests hold it
beside ours.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor
from torch.nn.functional import cross_entropy

from capsprobe.attacks.adapter import Adapter
from capsprobe.attacks.balls import Ball
from capsprobe.attacks.budgets import Passes
from capsprobe.faults import UsageFault
from capsprobe.shapes import IMAGES, SCORES

# The steps carry an image across the budget and a quarter more, as in Madry et al. 2018.
REACH = 2.5
_SHORT = 4
_NEAREST, _STARTS = 8, 16


@dataclass(frozen=True)
class Look:
    """Where a descent is: images, the clean ones, mapped scores that have a gradient, labels."""

    images: Float[Tensor, IMAGES]
    clean: Float[Tensor, IMAGES]
    scores: Float[Tensor, SCORES]
    labels: Int64[Tensor, " images"]


Objective = Callable[[Look], Float[Tensor, " images"]]


def entropy_of_scores(look: Look) -> Float[Tensor, " images"]:
    """Return the cross-entropy of the mapped scores, what an attack climbs unless told else."""
    return cross_entropy(look.scores, look.labels, reduction="none")


@dataclass
class Attempt:
    """For each image the attempt that errs most, how far its label is behind there, and the end.

    `broken` says that the network itself errs on it, in single precision.
    """

    images: Float[Tensor, IMAGES]
    behind: Float[Tensor, " images"]
    broken: Bool[Tensor, " images"]

    @classmethod
    def none(cls, images: Float[Tensor, IMAGES]) -> "Attempt":
        """Return what is known before any run: nothing."""
        lost = torch.full((len(images),), -torch.inf, device=images.device)
        return cls(images.clone(), lost, torch.zeros_like(lost, dtype=torch.bool))

    def take(self, rows: Int64[Tensor, " few"], other: "Attempt") -> None:
        """Take the other's rows where they broke an image, or came nearer."""
        better = other.broken | (other.behind > self.behind[rows])
        better &= ~self.broken[rows]
        taken = rows[better]
        self.images[taken] = other.images[better]
        self.behind[taken] = other.behind[better]
        self.broken[taken] = other.broken[better]


def descend(
    mapped: Adapter,
    images: Float[Tensor, IMAGES],
    labels: Int64[Tensor, " images"],
    *,
    ball: Ball,
    steps: int,
    restarts: int,
    objective: Objective = entropy_of_scores,
) -> Float[Tensor, IMAGES]:
    """Return for each image one that breaks it, or else the one that came nearest.

    A short run with longer steps goes first, then `restarts` full ones: the short one breaks
    many images at a quarter of the price, and some that smaller steps do not. A last run of
    twice the steps starts several times from each of the few that are nearest to breaking,
    where more effort pays.
    """
    search = partial(run, mapped, ball=ball, objective=objective)
    found = Attempt.none(images)
    for count in (max(1, steps // _SHORT), *[steps] * restarts):
        rows = (~found.broken).nonzero().squeeze(1)
        if len(rows) == 0:
            return found.images
        found.take(rows, search(images[rows], labels[rows], steps=count, copies=1))
    rows = _nearest(found)
    if len(rows) > 0:
        copies = max(1, _STARTS // len(rows))
        found.take(rows, search(images[rows], labels[rows], steps=2 * steps, copies=copies))
    return found.images


def run(
    mapped: Adapter,
    images: Float[Tensor, IMAGES],
    labels: Int64[Tensor, " images"],
    *,
    ball: Ball,
    steps: int,
    copies: int,
    objective: Objective = entropy_of_scores,
) -> Attempt:
    """Return the best of so many starts from each image; an image leaves when one breaks it.

    Up the gradient of the objective, in steps of 2.5 eps / steps.
    """
    best = Attempt.none(images)
    # All starts of an image leave together, so that they stay side by side.
    rows = torch.arange(len(images), device=images.device).repeat_interleave(copies)
    at = ball.start(images[rows])
    for step in range(steps + 1):
        at.requires_grad_(step < steps)
        with torch.set_grad_enabled(step < steps):
            scores = mapped(at)
        lost, broken = mapped.judge(at.detach(), scores.detach(), labels[rows])
        starts = _chosen(lost, broken, copies)
        best.take(rows[starts], Attempt(at.detach()[starts], lost[starts], broken[starts]))
        going = ~best.broken[rows]
        if step == steps or not going.any():
            break
        height = objective(Look(at, images[rows], scores, labels[rows]))
        (gradient,) = torch.autograd.grad(height.sum(), at)
        rows = rows[going]
        at = ball.step(
            at.detach()[going],
            images[rows],
            gradient[going],
            size=step_size(ball.epsilon, steps),
        )
    return best


def step_size(epsilon: float, steps: int) -> float:
    """Return 2.5 eps / steps."""
    return REACH * epsilon / steps


def descent_passes(*, steps: int, restarts: int) -> Passes:
    """Return what `descend` costs an image that is among the few nearest to breaking, or less."""
    each = (max(1, steps // _SHORT), *[steps] * restarts, 2 * steps)
    return Passes(sum(each) + len(each), sum(each))


def check_descent(*, steps: int, restarts: int) -> None:
    """Raise UsageFault where steps or restarts are below one."""
    if steps < 1:
        raise UsageFault(f"expected steps >= 1, got {steps}")
    if restarts < 1:
        raise UsageFault(f"expected restarts >= 1, got {restarts}")


def _chosen(
    lost: Float[Tensor, " starts"], broken: Bool[Tensor, " starts"], copies: int
) -> Int64[Tensor, " images"]:
    """Return the best start of each image: one that broke it, or else the deepest."""
    depth = lost.masked_fill(broken, torch.inf).unflatten(0, (-1, copies))
    return torch.arange(len(depth), device=lost.device) * copies + depth.argmax(dim=1)


def _nearest(found: Attempt) -> Int64[Tensor, " few"]:
    """Return the standing images that came nearest to breaking."""
    standing = (~found.broken).nonzero().squeeze(1)
    return standing[found.behind[standing].argsort(descending=True)[:_NEAREST]]
