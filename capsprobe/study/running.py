"""Running a study: what is finished is taken, what is missing is computed and kept at once."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

import pandas as pd
import torch

from capsprobe.data.images import ImageSet
from capsprobe.faults import EnvironmentFault, UsageFault
from capsprobe.files import check_writable, sweep
from capsprobe.models.checkpoints import Entry, check_weights
from capsprobe.models.own import OwnEntry
from capsprobe.parts import Part, read_cells
from capsprobe.probes.base import Probe
from capsprobe.study.deadlines import check_alarms
from capsprobe.study.examining import Examined, Examiner, base_images
from capsprobe.study.executors import AloneLast, Executor, Here, Workers
from capsprobe.study.grid import Cell, checkpoints, grid
from capsprobe.study.scheduler import Scheduler
from capsprobe.study.settings import Settings, build_probes
from capsprobe.study.store import Store

State = Literal["done", "cached", "failed", "missing"]


@dataclass(frozen=True, kw_only=True)
class CellState:
    """What became of one cell."""

    cell: Cell
    state: State
    seconds: float = 0.0
    cause: str = ""
    row_hash: str = ""
    note: str = ""
    left_out: dict[str, int] = field(default_factory=dict)


@runtime_checkable
class Listener(Protocol):
    """Whoever shows the progress: told of each cell before it is computed, and after."""

    def started(self, cell: Cell, index: int, total: int) -> None:
        """Hear that a cell, the `index`-th of `total`, is at hand."""

    def finished(self, state: CellState, index: int, total: int) -> None:
        """Hear what became of it."""


class Nobody:
    """Shows nothing."""

    def started(self, cell: Cell, index: int, total: int) -> None:
        """Take note of nothing."""

    def finished(self, state: CellState, index: int, total: int) -> None:
        """Take note of nothing."""


@dataclass(kw_only=True)
class Outcome:
    """What a study has measured so far."""

    settings: Settings
    probes: dict[str, Probe]
    entries: list[Entry]
    images: ImageSet
    cells: list[Cell]
    states: dict[str, CellState] = field(default_factory=dict)
    set_aside: list[str] = field(default_factory=list)
    interrupted: bool = False
    folder: Path | None = None

    @property
    def observations(self) -> pd.DataFrame:
        """Return every observation of the finished cells, STUDY_COLUMNS and PROBE_COLUMNS.

        Raises
        ------
        UsageFault
            Where nothing was run yet.
        """
        if self.folder is None:
            raise UsageFault("expected a study that was run, got one that is only planned")
        held = [
            {
                "key": cell.key,
                "probe": cell.probe,
                "model": cell.model,
                "training_seed": cell.entry.seed,
                "dataset": cell.dataset,
                "state": self.state_of(cell).state,
            }
            for cell in self.cells
        ]
        return read_cells(self.folder / "cells", held)[0]

    def _repr_html_(self) -> str:
        """Return what a notebook shows: what became of the cells, how often models are right."""
        states: tuple[State, ...] = ("done", "cached", "failed", "missing")
        counts = ", ".join(f"{self.count(state)} {state}" for state in states if self.count(state))
        told = f"<p>{len(self.cells)} cells: {counts}</p>"
        if self.folder is None or not self.count("done") + self.count("cached"):
            return told
        right = self.observations.query("metric == 'correct'")
        table = right.groupby(["probe", "condition", "model"], observed=True)["value"].mean()
        wide = table.unstack("model").map("{:.1%}".format, na_action="ignore")
        return (
            f"{told}<p>Right, mean over severities, images and seeds:</p>{wide.to_html(na_rep='')}"
        )

    def count(self, state: State) -> int:
        """Return how many cells are in a state."""
        return sum(self.state_of(cell).state == state for cell in self.cells)

    def state_of(self, cell: Cell) -> CellState:
        """Return what became of a cell; one that was never reached is missing."""
        return self.states.get(cell.key, CellState(cell=cell, state="missing"))


def plan_study(settings: Settings) -> Outcome:
    """Return the grid of a study with nothing measured yet.

    Raises
    ------
    UsageFault, ModelFault, DataFault, EnvironmentFault
        For whatever in the settings cannot be had.
    """
    examined = build_probes(settings)
    check_device(settings.device)
    if settings.cell_timeout is not None:
        check_alarms()
    images = base_images(settings, examined.values())
    entries = checkpoints(settings, images)
    for entry in entries:
        if not isinstance(entry, OwnEntry):
            check_weights(settings.weights, entry)
    cells = grid(settings, entries, examined, images)
    return Outcome(settings=settings, probes=examined, entries=entries, images=images, cells=cells)


def run_study(
    settings: Settings,
    folder: Path,
    *,
    listener: Listener | None = None,
    fresh: bool = False,
    plan: Outcome | None = None,
    jobs: int = 1,
    scheduler: str | None = None,
) -> Outcome:
    """Measure what `folder` does not hold yet; return what became of every cell.

    With several `jobs`, so many processes share the cells and torch's threads, but for those of
    probes that must be alone, which come last; with the address of a Dask `scheduler`, its
    workers do.

    The cells lie in `folder/cells`; `capsprobe.parts.read_cells` gives their observations.
    A cell that fails does not stop the others. After Ctrl-C the outcome is what was finished,
    marked as interrupted. With `fresh`, every cell is computed again.

    Raises
    ------
    UsageFault, ModelFault, DataFault, EnvironmentFault
        For whatever in the settings or the folder cannot be used.
    """
    outcome = plan or plan_study(settings)
    outcome.folder = folder
    check_writable(folder / "cells")
    sweep(folder)
    store = Store(folder / "cells")
    try:
        _measure_all(
            outcome, store, _executor(outcome, jobs, scheduler), listener or Nobody(), fresh
        )
    except KeyboardInterrupt:
        outcome.interrupted = True
    outcome.set_aside = store.set_aside
    if not fresh:
        take_up(outcome, folder)
    return outcome


def take_up(outcome: Outcome, folder: Path) -> bool:
    """Take what another run in the folder has finished meanwhile; return whether there was any."""
    store = Store(folder / "cells")
    lacking = [c for c in outcome.cells if outcome.state_of(c).state in ("missing", "failed")]
    found = {
        cell.key: _state(cell, "cached", kept) for cell in lacking if (kept := store.read(cell))
    }
    outcome.states |= found
    outcome.set_aside += store.set_aside
    return bool(found)


def check_device(name: str) -> None:
    """Raise EnvironmentFault unless this machine has the device."""
    try:
        torch.zeros(1, device=name)
    except (RuntimeError, AssertionError) as error:
        have = ["cpu", *(f"cuda:{index}" for index in range(torch.cuda.device_count()))]
        raise EnvironmentFault(
            f"expected a device of this machine ({', '.join(have)}), got {name!r}"
        ) from error


def _measure_all(
    outcome: Outcome, store: Store, run: Executor, listener: Listener, fresh: bool
) -> None:
    total = len(outcome.cells)

    def note(state: CellState) -> None:
        outcome.states[state.cell.key] = state
        listener.finished(state, len(outcome.states) - 1, total)

    def missing() -> Iterator[Cell]:
        # Looked up when its turn comes: another run may have finished it meanwhile.
        for cell in outcome.cells:
            listener.started(cell, len(outcome.states), total)
            if kept := None if fresh else store.read(cell):
                note(_state(cell, "cached", kept))
            else:
                yield cell

    with closing(run(missing())) as answers:
        for cell, examined in answers:
            note(_kept(store, cell, examined))


def _kept(store: Store, cell: Cell, examined: Examined) -> CellState:
    """Return what became of a cell, its measurement written."""
    if examined.measurement is None:
        return CellState(cell=cell, state="failed", cause=examined.cause, seconds=examined.seconds)
    return _state(
        cell, "done", store.write(cell, examined.measurement, examined.seconds, examined.note)
    )


def _state(cell: Cell, state: State, finished: Part) -> CellState:
    return CellState(
        cell=cell,
        state=state,
        seconds=finished.seconds,
        row_hash=finished.row_hash,
        note=finished.note,
        left_out=finished.measurement.left_out,
    )


def _executor(outcome: Outcome, jobs: int, scheduler: str | None) -> Executor:
    if scheduler is not None:
        return Scheduler(
            outcome.settings,
            outcome.probes,
            address=scheduler,
            data_sha256=outcome.images.sha256,
        )
    here = Here(Examiner(outcome.settings, outcome.probes, outcome.images))
    if jobs == 1:
        return here
    workers = Workers(outcome.settings, outcome.probes, count=jobs)
    return AloneLast(workers, here, outcome.probes)
