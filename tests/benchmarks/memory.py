"""The most memory that the routing block holds beyond what it is given, each in a fresh process."""

from dataclasses import replace
from functools import partial

from tests.benchmarks.cases import Case, Setting, Sizes
from tests.benchmarks.processes import fresh
from tests.benchmarks.resident import Request
from tests.benchmarks.rows import Bound, Findings, Row, found
from tests.benchmarks.versions import OURS, PLAIN, Mode, Version

_MODES: dict[Mode, str] = {"forward": "forward", "input-gradient": "forward + input gradient"}
_LEAST_SAVED = Bound("<=", 1 / 8)
# Sixteen times the images: what grows with them would make the ratio 16.
_FLAT = Bound("<=", 1.5)
_REPETITIONS = 3
_MIB, _FLOAT_BYTES = 2**20, 4


def cases(setting: Setting) -> list[Case]:
    """Return a case for each mode: against the textbook, and many images against few."""
    del setting
    against = [
        Case(
            name=f"memory/{mode}",
            text=f"peak extra memory of {text}, against the textbook",
            measure=partial(measure_saved, mode=mode),
        )
        for mode, text in _MODES.items()
    ]
    flat = [
        Case(
            name=f"memory/{mode}-flat",
            text=f"peak extra memory of {text}, many images against few",
            measure=partial(measure_growth, mode=mode),
        )
        for mode, text in _MODES.items()
    ]
    return against + flat


def measure_saved(setting: Setting, *, mode: Mode) -> Findings:
    """Return ours against the textbook's, outputs and gradients included on both sides."""
    times = range(min(setting.repetitions, _REPETITIONS))
    ours = tuple(_extra(setting, setting.sizes, OURS, mode) / _MIB for _ in times)
    other = tuple(_extra(setting, setting.sizes, PLAIN, mode) / _MIB for _ in times)
    row = Row(
        what=f"routing block, {_MODES[mode]}, peak extra memory",
        against=PLAIN.name,
        unit="MiB",
        ours=ours,
        other=other,
        quotient="ours / other",
        bound=_LEAST_SAVED,
        note="beyond what was resident before the call; a fresh process each time",
    )
    return found(row)


def measure_growth(setting: Setting, *, mode: Mode) -> Findings:
    """Return ours with many images against ours with few, without what must grow with images."""
    few, many = setting.sizes, replace(setting.sizes, images=setting.sizes.many_images)
    times = range(min(setting.repetitions, _REPETITIONS))
    sides = [
        tuple((_extra(setting, sizes, OURS, mode) - given(sizes, mode)) / _MIB for _ in times)
        for sizes in (many, few)
    ]
    subtracted = "input and output" if mode == "forward" else "input, output and gradient"
    row = Row(
        what=f"routing block, {_MODES[mode]}, peak extra memory at {many.images} images",
        against=f"capsprobe at {few.images} images",
        unit="MiB",
        ours=sides[0],
        other=sides[1],
        quotient="ours / other",
        bound=_FLAT,
        note=f"beside {subtracted}, which are subtracted",
    )
    return found(row)


def given(sizes: Sizes, mode: Mode) -> int:
    """Return the bytes that a call gives back; its input lay there before and is not counted."""
    parents = sizes.images * sizes.parents * sizes.pose
    children = sizes.images * sizes.children * sizes.child_pose
    return _FLOAT_BYTES * (parents + (children if mode == "input-gradient" else 0))


def _extra(setting: Setting, sizes: Sizes, version: Version, mode: Mode) -> int:
    request = Request(version=version.name, mode=mode, sizes=sizes, device=str(setting.device))
    return int(fresh("-m", "tests.benchmarks.resident", request.dumped()))
