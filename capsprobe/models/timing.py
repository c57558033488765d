"""Passes through a network, and their times, taken in turns.

Whatever else a machine does then falls on all alike.
"""

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from time import perf_counter
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Float64
from torch import Tensor, nn

from capsprobe.models.base import Network, Routed
from capsprobe.models.swapping import swapped
from capsprobe.seeds import derive
from capsprobe.shapes import IMAGES

Pass = Callable[[], object]

LEAST_REPEATS = 3
# A repeat takes at least so long, or else it is of several passes: clock and scheduler are coarse.
LEAST_MS = 5.0
_CHANNELS, _SIDE = 48, 14


def turns(
    passes: Mapping[str, Pass], *, repeats: int, seconds: float, device: torch.device
) -> dict[str, Float64[np.ndarray, " repeats"]]:
    """Return the milliseconds that each pass takes, one number a repeat, after one to warm up.

    When so many seconds are over no other repeat begins, but for the first three. In every other
    repeat the last pass is the first.
    """
    order = list(passes)
    found: list[dict[str, float]] = []
    with _uncollected():
        for name in order:
            _milliseconds(passes[name], device)
        end = perf_counter() + seconds
        while len(found) < LEAST_REPEATS or (len(found) < repeats and perf_counter() < end):
            found.append({name: _milliseconds(passes[name], device) for name in order})
            order.reverse()
    return {name: np.array([each[name] for each in found]) for name in passes}


def forward_pass(compute: Callable[[Any], object], given: Float[Tensor, "..."]) -> Pass:
    """Return the pass that computes something as where nothing is to be learned."""

    def run() -> object:
        with torch.inference_mode():
            return compute(given)

    return run


def training_pass(module: nn.Module, images: Float[Tensor, IMAGES]) -> Pass:
    """Return the pass from images to scores and back to images and weights.

    The gradient is that of the summed scores. Weights are those that want one when the pass is
    made; their `grad` stays as it is.
    """
    images = images.detach().requires_grad_()
    wanted = [images, *(weight for weight in module.parameters() if weight.requires_grad)]

    def run() -> object:
        with torch.enable_grad():
            return torch.autograd.grad(module(images).sum(), wanted, allow_unused=True)

    return run


def swapped_pass(run: Pass, network: Network, iterations: int) -> Pass:
    """Return a pass in which a network that routes has other iterations, and after it its own."""
    assert isinstance(network, Routed)

    def swapping() -> object:
        with swapped(network, routing=network.routing, iterations=iterations):
            return run()

    return swapping


def passes(module: nn.Module, images: Float[Tensor, IMAGES]) -> dict[str, Pass]:
    """Return the passes `forward` and, where the scores have a gradient, `training`."""
    with torch.enable_grad():
        scores: Tensor = module(images[:1].detach().requires_grad_())
    there = {"forward": forward_pass(module, images)}
    return there | ({"training": training_pass(module, images)} if scores.requires_grad else {})


@contextmanager
def learning(module: nn.Module) -> Iterator[None]:
    """Let every weight want a gradient, and afterwards those that wanted one before."""
    weights = [each for each in module.parameters() if each.is_floating_point()]
    wants = [weight.requires_grad for weight in weights]
    try:
        for weight in weights:
            weight.requires_grad_(True)
        yield
    finally:
        for weight, want in zip(weights, wants, strict=True):
            weight.requires_grad_(want)


def reference(images: int, device: torch.device) -> dict[str, Pass]:
    """Return the passes of one convolution over so many images, always the same.

    48 to 48 channels, 3x3, on maps of 14x14, as in the middle of the common trunk and laid out as
    a study lays it out. It measures the machine: times beside it can be compared from hour to
    hour.
    """
    drawn = torch.Generator().manual_seed(derive(0, "reference"))
    convolution = nn.utils.skip_init(nn.Conv2d, _CHANNELS, _CHANNELS, 3, padding=1)
    with torch.no_grad():
        for weight in convolution.parameters():
            weight.uniform_(-0.05, 0.05, generator=drawn)
    shown = torch.rand(images, _CHANNELS, _SIDE, _SIDE, generator=drawn)
    layout = torch.channels_last
    convolution = convolution.to(device=device, memory_format=layout)
    return passes(convolution, shown.to(device=device, memory_format=layout))


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep the garbage collector from running in between."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _milliseconds(run: Pass, device: torch.device) -> float:
    """Return what a pass takes, the mean of as many as fill the least time."""
    _settle(device)
    calls, spent, start = 0, 0.0, perf_counter()
    while spent < LEAST_MS:
        run()
        _settle(device)
        calls, spent = calls + 1, 1e3 * (perf_counter() - start)
    return spent / calls


def _settle(device: torch.device) -> None:
    """Wait until an accelerator has done what it was told."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()
