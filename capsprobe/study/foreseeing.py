"""What a study will cost, before it runs: passes an image, and seconds from a few timed passes."""

import time
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from functools import cache

import torch

from capsprobe.models.base import Network
from capsprobe.models.inference import frozen
from capsprobe.probes.base import Cost
from capsprobe.study.networks import laid_out, skeleton
from capsprobe.study.running import Outcome

_BATCH, _TIMES = 32, 3


@dataclass(frozen=True, kw_only=True)
class Foreseen:
    """What a probe would take with one budget: one checkpoint's cost, and the seconds of all.

    `cost` is that of the network with the most passes. `least` and `most` are seconds.
    """

    probe: str
    cost: Cost
    checkpoints: int
    least: float
    most: float


def foresee(plan: Outcome) -> tuple[Foreseen, ...]:
    """Return what each budget of each probe that has budgets would take."""
    return tuple(each for name in plan.probes for each in _foreseen(plan, name))


def seconds_a_pass(network: Network, device: torch.device) -> tuple[float, float]:
    """Return the seconds that one image takes forward and, more, back; the best of three."""
    side = network.frame.canvas
    images = torch.rand(_BATCH, 1, side, side, device=device)
    with frozen(network):
        forward = min(_timed(network, images) for _ in range(_TIMES))
        images.requires_grad_()
        both = min(_timed(network, images) for _ in range(_TIMES))
    return forward / _BATCH, max(both - forward, 0.0) / _BATCH


def _foreseen(plan: Outcome, name: str) -> Iterator[Foreseen]:
    asked = {
        (cell.entry.model, cell.entry.dataset, cell.entry.seed): cell.entry
        for cell in plan.cells
        if cell.probe == name
    }
    costs: dict[str, list[tuple[Cost, tuple[float, float]]]] = {}
    for entry in asked.values():
        network = skeleton(plan.settings, entry)
        for cost in plan.probes[name].costs(network, len(plan.images)):
            speed = _speed(network, plan.settings.device)
            costs.setdefault(cost.budget, []).append((cost, speed))
    for rows in costs.values():
        yield Foreseen(
            probe=name,
            cost=max((cost for cost, _ in rows), key=lambda cost: cost.most),
            checkpoints=len(rows),
            least=sum(_seconds(cost.least, speed) * cost.images for cost, speed in rows),
            most=sum(_seconds(cost.most, speed) * cost.images for cost, speed in rows),
        )


@cache
def _speed(network: Network, device: str) -> tuple[float, float]:
    """Return what a pass of a model takes, the same for each of its checkpoints."""
    # The skeleton is shared: it stays as it is.
    return seconds_a_pass(laid_out(deepcopy(network), device), torch.device(device))


def _seconds(passes: tuple[int, int], speed: tuple[float, float]) -> float:
    return passes[0] * speed[0] + passes[1] * speed[1]


def _timed(network: Network, images: torch.Tensor) -> float:
    start = time.perf_counter()
    with torch.set_grad_enabled(images.requires_grad):
        scores = network(images)
    if images.requires_grad:
        torch.autograd.grad(scores.sum(), images)
    # A GPU answers before it is done; a number has to wait for it.
    scores.detach().sum().item()
    return time.perf_counter() - start
