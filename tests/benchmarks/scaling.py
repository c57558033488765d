"""Time against batch size, children, iterations and canvas: linear, and without cliffs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from capsprobe.models.base import Frame
from tests.benchmarks.cases import Case, Setting, Sizes
from tests.benchmarks.networks import forward, prepared, random_images
from tests.benchmarks.rows import Bound, Findings, Point, Row
from tests.benchmarks.timing import Side, compared
from tests.benchmarks.versions import OURS, Mode, Problem, computation

_REPETITIONS = 7
_MODES: dict[str, Mode] = {"forward": "forward", "forward + input gradient": "input-gradient"}
_MODEL = "capsnet"
# Double the work in at most 2.14 times the time, and no step a quarter dearer than its length.
_LINEAR = Bound("<=", 1.1, of="ours")
_NO_CLIFF = Bound("<=", 1.25, of="ours")


@dataclass(frozen=True, kw_only=True)
class Axis:
    """What is varied; `sides` gives what is timed at one value, by the name of its series.

    `places` are where the values stand on the axis, along which time is expected to be linear;
    the first `apart` of them are no part of that.
    """

    name: str
    text: str
    values: tuple[int, ...]
    places: tuple[int, ...]
    sides: Callable[[Setting, int], dict[str, Side]]
    apart: int = 0


def cases(setting: Setting) -> list[Case]:
    """Return a case for each axis."""
    return [
        Case(
            name=f"scaling/{axis.name}",
            text=f"time against {axis.text}",
            measure=partial(measure, axis=axis),
        )
        for axis in axes(setting.sizes)
    ]


def axes(sizes: Sizes) -> tuple[Axis, ...]:
    """Return what is varied, and how far."""
    return (
        Axis(
            name="batch",
            text="batch size",
            values=sizes.batches,
            places=sizes.batches,
            sides=partial(_block, field="images"),
        ),
        Axis(
            name="children",
            text="children",
            values=sizes.child_counts,
            places=sizes.child_counts,
            sides=partial(_block, field="children"),
        ),
        Axis(
            name="iterations",
            text="iterations",
            values=sizes.iteration_counts,
            places=sizes.iteration_counts,
            sides=partial(_block, field="iterations"),
            # The first iteration is one product of matrices, and cheaper than all that follow.
            apart=1,
        ),
        Axis(
            name="canvas",
            text="canvas",
            values=sizes.canvases,
            places=tuple(side**2 for side in sizes.canvases),
            sides=_network,
        ),
    )


def measure(setting: Setting, *, axis: Axis) -> Findings:
    """Return how steep each series is, its largest step, and all of its points."""
    named = [
        (series, place, side)
        for value, place in zip(axis.values, axis.places, strict=True)
        for series, side in axis.sides(setting, value).items()
    ]
    times = compared(
        *(side for _, _, side in named),
        repetitions=min(setting.repetitions, _REPETITIONS),
        device=setting.device,
    )
    points = tuple(
        Point(axis=axis.name, series=series, at=place, repetition=repetition, ms=ms)
        for (series, place, _), found in zip(named, times, strict=True)
        for repetition, ms in enumerate(found)
    )
    rows = [
        row
        for name in dict.fromkeys(series for series, _, _ in named)
        for row in _judged(
            axis,
            name,
            np.array([t for (s, _, _), t in zip(named, times, strict=True) if s == name]),
        )
    ]
    return Findings(rows=tuple(rows), points=points)


def exponent(places: Sequence[int], times: np.ndarray) -> float:
    """Return the slope of log time against log place over the larger half: 1 is linear."""
    half = len(places) // 2
    return float(np.polyfit(np.log(places[half:]), np.log(times[half:]), deg=1)[0])


def largest_step(places: Sequence[int], times: np.ndarray) -> float:
    """Return the largest growth of time between neighbours, divided by that of their places."""
    growth = times[1:] / times[:-1]
    return float((growth / (np.array(places[1:]) / np.array(places[:-1]))).max())


def _judged(axis: Axis, series: str, times: np.ndarray) -> tuple[Row, Row]:
    """Return rows for a series; `times` are (places, repetitions)."""
    places, counted = axis.places[axis.apart :], times[axis.apart :]
    what = f"{series} against {axis.text}"
    return (
        Row(
            what=f"{what}, exponent over the large half",
            ours=tuple(exponent(places, each) for each in counted.T),
            unit="1",
            bound=_LINEAR,
        ),
        Row(
            what=f"{what}, largest step beside proportion",
            ours=(largest_step(places, np.median(counted, axis=1)),),
            unit="1",
            bound=_NO_CLIFF,
            note="of the medians",
        ),
    )


def _block(setting: Setting, value: int, *, field: str) -> dict[str, Side]:
    problem = Problem.drawn(replace(setting.sizes, **{field: value}), setting.device)
    return {
        f"routing block, {text}": computation(OURS, problem, mode) for text, mode in _MODES.items()
    }


def _network(setting: Setting, value: int) -> dict[str, Side]:
    network = prepared(_MODEL, setting.device, frame=Frame(canvas=value))
    images = random_images(network, setting)
    return {f"{_MODEL}, forward": forward(network, images, "fp32")}
