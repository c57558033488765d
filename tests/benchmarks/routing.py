"""The routing block, children to parents with the votes included, against textbook versions."""

from functools import partial

from tests.benchmarks.cases import Case, Setting
from tests.benchmarks.rows import Bound, Findings, Row, found
from tests.benchmarks.timing import compared
from tests.benchmarks.versions import (
    EINSUM,
    OURS,
    PLAIN,
    Mode,
    Problem,
    Version,
    check,
    computation,
)

_MODES: dict[Mode, str] = {
    "forward": "forward",
    "input-gradient": "forward + input gradient",
    "all-gradients": "forward + gradients by children and weights",
}
_WANTED: dict[Mode, Bound] = {
    "forward": Bound(">=", 12.0),
    "input-gradient": Bound(">=", 6.0),
}


def cases(setting: Setting) -> list[Case]:
    """Return a case for each mode and textbook version."""
    del setting
    return [
        Case(
            name=f"routing/{mode}{ending}",
            text=f"routing block, {text}, against the {version.name}",
            measure=partial(measure, version=version, mode=mode),
        )
        for version, ending in ((PLAIN, ""), (EINSUM, "-einsum"))
        for mode, text in _MODES.items()
    ]


def measure(setting: Setting, *, version: Version, mode: Mode) -> Findings:
    """Return how many times faster ours is; raise Disagreement where it computes something else."""
    problem = Problem.drawn(setting.sizes, setting.device)
    for each in (OURS, version):
        check(each, problem, mode)
    ours, other = compared(
        computation(OURS, problem, mode),
        computation(version, problem, mode),
        repetitions=setting.repetitions,
        device=setting.device,
    )
    plain = version is PLAIN
    row = Row(
        what=f"routing block, {_MODES[mode]}",
        against=version.name,
        unit="ms",
        ours=ours,
        other=other,
        bound=_WANTED.get(mode) if plain else None,
        note="" if plain else "a better baseline than most ports: it does not copy the weights",
    )
    return found(row)
