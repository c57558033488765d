"""Times of calls that take turns, so that whatever else a machine does falls on all alike."""

import gc
import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import torch

Side = Callable[[], object]

# A repetition is at least so long, where a call is shorter: the clock and the scheduler are coarse.
_LEAST_MS = 60.0


def compared(*sides: Side, repetitions: int, device: torch.device) -> tuple[tuple[float, ...], ...]:
    """Return for each side the milliseconds a call, one number a repetition, after warm-ups."""
    calls = [_calls(side, device) for side in sides]
    return turns(sides, calls, repetitions=repetitions, device=device)


def turns(
    sides: Sequence[Side], calls: Sequence[int], *, repetitions: int, device: torch.device
) -> tuple[tuple[float, ...], ...]:
    """Return the milliseconds a call of sides that are warm, so many calls in each repetition.

    In every other repetition the last side begins.
    """
    found: list[list[float]] = [[] for _ in sides]
    places = list(range(len(sides)))
    with _uncollected():
        for _ in range(repetitions):
            for place in places:
                found[place].append(_milliseconds(sides[place], calls[place], device))
            places.reverse()
    return tuple(tuple(times) for times in found)


def settle(device: torch.device) -> None:
    """Wait until a GPU has done what it was told."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _calls(side: Side, device: torch.device) -> int:
    """Return how many calls fill a repetition, after two that warm up."""
    _milliseconds(side, 1, device)
    return max(1, math.ceil(_LEAST_MS / _milliseconds(side, 1, device)))


def _milliseconds(side: Side, calls: int, device: torch.device) -> float:
    settle(device)
    start = time.perf_counter()
    for _ in range(calls):
        side()
    settle(device)
    return 1e3 * (time.perf_counter() - start) / calls


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep the garbage collector from running in between."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
