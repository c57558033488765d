"""Auto-PGD (Croce and Hein 2020, algorithm 1): descent with momentum that finds its own steps.

torchattacks' version gives all images of a batch the steps of the first in the Euclidean norm
with targets, and takes every step with every image, broken or not; the tests hold it beside ours.
"""

from collections.abc import Callable

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor
from torch.nn.functional import cross_entropy

from capsprobe.attacks.adapter import Adapter, behind
from capsprobe.attacks.balls import Ball
from capsprobe.attacks.climbing import Climb
from capsprobe.attacks.descent import Attempt
from capsprobe.attacks.targets import ratio_to, rivals
from capsprobe.faults import UsageFault
from capsprobe.shapes import IMAGES, SCORES

# The first period, by how much periods shrink, and the shortest: hundredths of all steps.
_FIRST, _SHRINK, _SHORTEST = 22, 3, 6

# Mapped scores of some rows of a batch, and which rows these are, to the loss of each.
Loss = Callable[
    [Float[Tensor, SCORES], Int64[Tensor, " images"]],
    Float[Tensor, " images"],
]


def climb_entropy(
    mapped: Adapter,
    images: Float[Tensor, IMAGES],
    labels: Int64[Tensor, " images"],
    *,
    ball: Ball,
    steps: int,
    restarts: int,
) -> Float[Tensor, IMAGES]:
    """Return what errs most on the way up the cross-entropy, from so many starts."""
    found = Attempt.none(images)
    for _ in range(restarts):
        rows = (~found.broken).nonzero().squeeze(1)
        if len(rows) == 0:
            break
        truth = labels[rows]

        def loss(scores: Tensor, few: Tensor, truth: Tensor = truth) -> Tensor:
            return cross_entropy(scores, truth[few], reduction="none")

        found.take(rows, climb(mapped, images[rows], truth, ball=ball, steps=steps, loss=loss))
    return found.images


def climb_targets(
    mapped: Adapter,
    images: Float[Tensor, IMAGES],
    labels: Int64[Tensor, " images"],
    *,
    ball: Ball,
    steps: int,
    targets: int,
) -> Float[Tensor, IMAGES]:
    """Return what errs most on the way to each of the likeliest other classes in turn."""
    found = Attempt.none(images)
    for place in rivals(mapped, images, labels, most=targets).T:
        rows = (~found.broken).nonzero().squeeze(1)
        if len(rows) == 0:
            break
        truth, aims = labels[rows], place[rows]

        def loss(scores: Tensor, few: Tensor, truth: Tensor = truth, aims: Tensor = aims) -> Tensor:
            return ratio_to(scores, truth[few], aims[few])

        found.take(rows, climb(mapped, images[rows], truth, ball=ball, steps=steps, loss=loss))
    return found.images


def check_targets(targets: int) -> None:
    """Raise UsageFault where a number of targets cannot be meant."""
    if targets < 1:
        raise UsageFault(f"expected targets >= 1, got {targets}")


def climb(
    mapped: Adapter,
    images: Float[Tensor, IMAGES],
    labels: Int64[Tensor, " images"],
    *,
    ball: Ball,
    steps: int,
    loss: Loss,
) -> Attempt:
    """Return for each image what broke it, or else the iterate that came nearest.

    An image leaves as soon as it is broken. Steps begin at 2 eps.
    """
    found = Attempt.none(images)
    state = Climb.begin(ball.start(images), size=2.0 * ball.epsilon)
    checks = checkpoints(steps)
    last = 0
    for step in range(steps + 1):
        broken = _look(mapped, state, labels, loss, found)
        if step == steps or broken.all():
            break
        if step in checks:
            state.check(period=step - last)
            last = step
        state = state.keep(~broken)
        state.step(ball, images[state.rows], first=step == 0)
    return found


def checkpoints(steps: int) -> frozenset[int]:
    """Return the steps after which step sizes are looked at: ceil(p_j steps), section 3.1."""
    shares = [0, _FIRST]
    while shares[-1] < 100:
        shares.append(shares[-1] + max(shares[-1] - shares[-2] - _SHRINK, _SHORTEST))
    return frozenset(-(-share * steps // 100) for share in shares[1:] if share < 100)


def _look(
    mapped: Adapter,
    state: Climb,
    labels: Int64[Tensor, " all"],
    loss: Loss,
    found: Attempt,
) -> Bool[Tensor, " images"]:
    """Note loss and gradient of every image, and the attempt; return which are broken."""
    at, truth = state.at.detach().requires_grad_(), labels[state.rows]
    scores = mapped(at)
    each = loss(scores, state.rows)
    (gradient,) = torch.autograd.grad(each.sum(), at)
    state.look(each.detach(), gradient)
    lost = behind(scores.detach(), truth)
    broken = lost > 0.0
    if broken.any():
        # The search may run in half precision: what counts is the network in single.
        broken[broken.clone()] = mapped.errs(at.detach()[broken], truth[broken])
    found.take(state.rows, Attempt(at.detach(), lost, broken))
    return broken
