"""Progress on stderr: a bar on a terminal, plain lines elsewhere."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from capsprobe.study.grid import Cell
from capsprobe.study.running import CellState

_SECONDS_BETWEEN_LINES = 5.0


class Silent:
    """Shows nothing but failures."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def started(self, cell: Cell, index: int, total: int) -> None:
        """Take note of nothing."""

    def finished(self, state: CellState, index: int, total: int) -> None:
        """Say what failed, and why."""
        if state.state == "failed":
            self._say(f"failed: {state.cell.label}: {state.cause}")

    def _say(self, line: str) -> None:
        self.console.print(line, markup=False, highlight=False, soft_wrap=True)


class Lines(Silent):
    """Prints a line now and then, for logs and pipes."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self.begin = self.told = time.monotonic()
        self.computed = 0

    def finished(self, state: CellState, index: int, total: int) -> None:
        """Say how far it is, at most every few seconds, and at the end."""
        super().finished(state, index, total)
        self.computed += state.state != "cached"
        now = time.monotonic()
        if now - self.told < _SECONDS_BETWEEN_LINES and index + 1 < total:
            return
        self.told = now
        self._say(f"{index + 1}/{total} cells, {self._left(now, total - index - 1)}")

    def _left(self, now: float, cells: int) -> str:
        if not self.computed:
            return "all cached so far"
        seconds = (now - self.begin) / self.computed * cells
        return f"about {seconds:.0f} s left"


class Bar(Silent):
    """Draws a bar with the cell at hand and the time left."""

    def __init__(self, progress: Progress) -> None:
        super().__init__(progress.console)
        self.progress = progress
        self.task = progress.add_task("starting", total=None)

    def started(self, cell: Cell, index: int, total: int) -> None:
        """Show which cell is at hand."""
        self.progress.update(self.task, description=cell.label, completed=index, total=total)

    def finished(self, state: CellState, index: int, total: int) -> None:
        """Move on by one cell."""
        super().finished(state, index, total)
        self.progress.update(self.task, completed=index + 1, total=total)


@contextmanager
def shown(console: Console, *, quiet: bool) -> Iterator[Silent]:
    """Yield the listener that suits the console."""
    if quiet:
        yield Silent(console)
    elif not console.is_terminal or console.is_dumb_terminal:
        yield Lines(console)
    else:
        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=console, transient=True) as progress:
            yield Bar(progress)
