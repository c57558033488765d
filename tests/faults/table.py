"""The table of faults: a row says what is done, which exit code follows, and which line.

A row is a command as it is typed, or a function that does more before or after it.
"""

import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from capsprobe.cli import edge, main
from tests.models.own import toys

TOYS = Path(toys.__file__)
SMALL = ("robustness", "--model", "cnn", "--seed", "0", "--probe", "affine", "--limit", "2")


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a command ended with and wrote."""

    status: int
    out: str
    err: str


@dataclass(frozen=True, kw_only=True)
class Bench:
    """What a row has to work with: an empty folder, a finished run, and the command line."""

    home: Path
    weights: Path
    finished: Path
    patch: pytest.MonkeyPatch
    _capture: pytest.CaptureFixture[str]

    def call(self, *arguments: object) -> Told:
        """Run the command line in this process."""
        self.patch.setattr(sys, "argv", ["capsprobe", *map(str, arguments)])
        self.patch.setattr(edge, "_signals", [])
        self._capture.readouterr()
        with pytest.raises(SystemExit) as stop:
            main()
        out, err = self._capture.readouterr()
        return Told(status=int(stop.value.code or 0), out=out, err=err)

    def run(self, folder: Path, *more: object) -> Told:
        """Run the small study into a folder."""
        return self.call(*small(self.weights, folder), *more)

    def copy(self) -> Path:
        """Return a copy of the finished run, to be spoilt."""
        return Path(shutil.copytree(self.finished, self.home / "run"))


Deed = Callable[[Bench], Told]


@dataclass(frozen=True, kw_only=True)
class Row:
    """A line of the table: `number` is the kind of fault; `line` is a pattern found on stderr.

    `lines` is how many lines there are on stderr; none where it does not matter.
    """

    number: int
    case: str
    deed: Deed
    status: int
    line: str
    lines: int | None = None

    def check(self, bench: Bench) -> None:
        """Do it, and hold what came against what is expected."""
        told = self.deed(bench)
        assert told.status == self.status, told.err
        assert re.search(self.line, told.err, re.MULTILINE), told.err
        assert "Traceback" not in told.err + told.out
        if self.lines is not None:
            assert told.err.count("\n") == self.lines, told.err


TABLE: list[Row] = []


def small(weights: Path, folder: Path) -> tuple[str, ...]:
    """Return a command that examines one tiny network on two images."""
    return (*SMALL, "--weights", str(weights), "--jobs", "1", "--output", str(folder))


def row(number: int, case: str, *, status: int, line: str = "") -> Callable[[Deed], Deed]:
    """Return a decorator that puts a function into the table."""

    def file(deed: Deed) -> Deed:
        TABLE.append(Row(number=number, case=case, deed=deed, status=status, line=line))
        return deed

    return file


def commands(number: int, *typed: tuple[str, int, str]) -> None:
    """Put commands into the table that end with one line; `TOYS` in them is a file of networks."""
    for text, status, line in typed:
        TABLE.append(
            Row(number=number, case=text, deed=_calling(text), status=status, line=line, lines=1)
        )


def _calling(text: str) -> Deed:
    def call(bench: Bench) -> Told:
        told = bench.call(*(part.replace("TOYS", str(TOYS)) for part in text.split()))
        assert told.out == ""
        assert told.err.startswith("capsprobe: ")
        assert not list(bench.home.iterdir())
        return told

    return call
