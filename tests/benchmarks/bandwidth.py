"""How far the routing kernel is from what a GPU's memory can move."""

from functools import partial

import torch

from tests.benchmarks.cases import Case, Setting
from tests.benchmarks.rows import Findings, Row, found
from tests.benchmarks.timing import compared
from tests.benchmarks.versions import OURS, Problem, check, computation

_COPIED_BYTES = 2**30


def cases(setting: Setting) -> list[Case]:
    """Return the case on a GPU, and none elsewhere: the CPU has no kernel of ours."""
    if setting.device.type != "cuda":
        return []
    text = "bytes that the routing kernel moves a second, against a copy on the device"
    return [Case(name="bandwidth/forward", text=text, measure=measure)]


def measure(setting: Setting) -> Findings:
    """Return the kernel's share of the bandwidth that a plain copy reaches."""
    # Only GPUs have it, and what it imports.
    from capsprobe.routing.gpu import moved_bytes

    sizes = setting.sizes
    problem = Problem.drawn(sizes, setting.device)
    check(OURS, problem, "forward")
    moved = moved_bytes(
        sizes.images,
        sizes.children,
        sizes.child_pose,
        sizes.parents,
        sizes.pose,
        sizes.iterations,
    )
    source = torch.zeros(_COPIED_BYTES, dtype=torch.uint8, device=setting.device)
    target = torch.empty_like(source)
    ours, other = compared(
        computation(OURS, problem, "forward"),
        partial(target.copy_, source),
        repetitions=setting.repetitions,
        device=setting.device,
    )
    row = Row(
        what="routing block, forward, memory moved",
        against="device copy, read and written",
        unit="GB/s",
        ours=tuple(moved / ms / 1e6 for ms in ours),
        other=tuple(2 * _COPIED_BYTES / ms / 1e6 for ms in other),
        quotient="ours / other",
    )
    return found(row)
