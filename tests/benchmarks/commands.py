"""What a user waits for at the command line; each time a fresh process."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.benchmarks.cases import Case, Setting
from tests.benchmarks.processes import fresh
from tests.benchmarks.rows import Bound, Findings, Row, found
from tests.benchmarks.timing import turns

_REPORTS = 5
_NOTHING = "python -c pass"
_LOADED_TORCH = """
import sys
from capsprobe.cli import main
try:
    main()
except SystemExit:
    print(int("torch" in sys.modules))
"""


def cases(setting: Setting) -> list[Case]:
    """Return a case for each command."""
    del setting
    return [
        Case(name="commands/help", text="capsprobe --help", measure=measure_help),
        Case(
            name="commands/report",
            text="capsprobe report on a finished run",
            measure=measure_report,
        ),
        Case(
            name="commands/robustness",
            text="capsprobe robustness with its defaults, once",
            measure=measure_robustness,
        ),
    ]


def measure_help(setting: Setting) -> Findings:
    """Return the time to print help, beside that of an interpreter that does nothing."""
    return found(
        _against_nothing(
            setting,
            "capsprobe --help",
            ["-m", "capsprobe", "--help"],
            limit_s=0.3,
            repetitions=setting.repetitions,
        )
    )


def measure_report(setting: Setting) -> Findings:
    """Return the time to write the report of a finished run again, and whether torch was there."""
    with _finished_run(setting) as folder:
        timed = _against_nothing(
            setting,
            "capsprobe report",
            ["-m", "capsprobe", "report", str(folder)],
            limit_s=5.0,
            repetitions=min(setting.repetitions, _REPORTS),
        )
        printed = fresh("-c", _LOADED_TORCH, "report", str(folder))
    row = Row(
        what="capsprobe report, torch in sys.modules",
        ours=(float(printed.split()[-1]),),
        unit="1",
        bound=Bound("<=", 0.0, of="ours"),
    )
    return found(timed, row)


def measure_robustness(setting: Setting) -> Findings:
    """Return the time of the default run on digits, from nothing to the report."""
    with tempfile.TemporaryDirectory() as folder:

        def whole() -> None:
            _robustness(setting, Path(folder))

        (times,) = turns([whole], [1], repetitions=1, device=setting.device)
    row = Row(
        what="capsprobe robustness, its defaults on digits",
        ours=tuple(ms / 1e3 for ms in times),
        unit="s",
        bound=Bound("<=", 60.0, of="ours"),
        note="once",
    )
    return found(row)


def _against_nothing(
    setting: Setting, what: str, arguments: list[str], *, limit_s: float, repetitions: int
) -> Row:
    def ours() -> None:
        fresh(*arguments)

    def nothing() -> None:
        fresh("-c", "pass")

    # The first process finds the files' pages not yet in memory.
    ours()
    times = turns([ours, nothing], [1, 1], repetitions=repetitions, device=setting.device)
    return Row(
        what=what,
        against=_NOTHING,
        unit="ms",
        ours=times[0],
        other=times[1],
        quotient="ours / other",
        bound=Bound("<=", 1e3 * limit_s, of="ours"),
        note="fresh processes",
    )


@contextmanager
def _finished_run(setting: Setting) -> Iterator[Path]:
    """Give a copy of the user's run, or a small one made for the purpose; gone afterwards."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "run"
        if setting.run is None:
            _robustness(setting, folder, "--limit", str(setting.sizes.run_limit))
        else:
            shutil.copytree(setting.run, folder)
        yield folder


def _robustness(setting: Setting, folder: Path, *options: str) -> None:
    where = ("--device", str(setting.device), "--output", str(folder))
    fresh("-m", "capsprobe", "robustness", "-q", *where, *options)
