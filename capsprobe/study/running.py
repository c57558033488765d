"""Running a study: what is finished is taken, what is missing is computed and kept at once."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

import torch

from capsprobe.data.base import Source, datasets
from capsprobe.data.images import ImageSet
from capsprobe.data.views import Name
from capsprobe.faults import EnvironmentFault
from capsprobe.files import check_writable
from capsprobe.models.base import Network
from capsprobe.models.checkpoints import Entry, check_weights, load_model
from capsprobe.models.folding import fold
from capsprobe.models.swapping import swap
from capsprobe.parts import Part
from capsprobe.probes.base import Probe
from capsprobe.study.grid import Cell, checkpoints, grid
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
    left_out: dict[str, int] = field(default_factory=dict)


@runtime_checkable
class Listener(Protocol):
    """Whoever shows the progress: told of each cell before it is computed, and after."""

    def started(self, cell: Cell, index: int, total: int) -> None:
        """Hear that a cell, the `index`-th of `total`, is at hand."""

    def finished(self, state: CellState, index: int, total: int) -> None:
        """Hear what became of it."""


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
    entries = checkpoints(settings)
    for entry in entries:
        check_weights(settings.weights, entry)
    check_device(settings.device)
    images = base_images(settings)
    cells = grid(settings, entries, examined, images)
    return Outcome(settings=settings, probes=examined, entries=entries, images=images, cells=cells)


def run_study(
    settings: Settings,
    folder: Path,
    *,
    listener: Listener | None = None,
    fresh: bool = False,
    plan: Outcome | None = None,
) -> Outcome:
    """Measure what `folder` does not hold yet; return what became of every cell.

    The cells lie in `folder/cells`; `capsprobe.parts.read_cells` gives their observations.
    A cell that fails does not stop the others. After Ctrl-C the outcome is what was finished,
    marked as interrupted. With `fresh`, every cell is computed again.

    Raises
    ------
    UsageFault, ModelFault, DataFault, EnvironmentFault
        For whatever in the settings or the folder cannot be used.
    """
    outcome = plan or plan_study(settings)
    check_writable(folder / "cells")
    store = Store(folder / "cells")
    try:
        _measure_all(outcome, store, listener, fresh)
    except KeyboardInterrupt:
        outcome.interrupted = True
    outcome.set_aside = store.set_aside
    return outcome


def base_images(settings: Settings) -> ImageSet:
    """Return the test images that every probe starts from, limited as asked."""
    base = Name.parse(settings.dataset).base
    return datasets[base]("test", Source(folder=settings.data_dir)).limit(settings.limit)


def check_device(name: str) -> None:
    """Raise EnvironmentFault unless this machine has the device."""
    try:
        torch.zeros(1, device=name)
    except (RuntimeError, AssertionError) as error:
        have = ["cpu", *(f"cuda:{index}" for index in range(torch.cuda.device_count()))]
        raise EnvironmentFault(
            f"expected a device of this machine ({', '.join(have)}), got {name!r}"
        ) from error


def _measure_all(outcome: Outcome, store: Store, listener: Listener | None, fresh: bool) -> None:
    network = _Loaded(outcome.settings)
    for index, cell in enumerate(outcome.cells):
        if listener:
            listener.started(cell, index, len(outcome.cells))
        kept = None if fresh else store.read(cell)
        state = _state(cell, "cached", kept) if kept else _measure(outcome, cell, network, store)
        outcome.states[cell.key] = state
        if listener:
            listener.finished(state, index, len(outcome.cells))


def _measure(
    outcome: Outcome, cell: Cell, load: Callable[[Cell], Network], store: Store
) -> CellState:
    start = time.perf_counter()
    probe, seed = outcome.probes[cell.probe], outcome.settings.seed
    try:
        network = load(cell)
        network.batch_size = cell.batch_size
        measurement = probe(network, outcome.images, part=cell.part, seed=seed)
    except Exception as error:
        first = str(error).splitlines()[0] if str(error) else ""
        return CellState(
            cell=cell,
            state="failed",
            cause=f"{type(error).__name__}: {first}",
            seconds=time.perf_counter() - start,
        )
    return _state(cell, "done", store.write(cell, measurement, time.perf_counter() - start))


def _state(cell: Cell, state: State, finished: Part) -> CellState:
    return CellState(
        cell=cell,
        state=state,
        seconds=finished.seconds,
        row_hash=finished.row_hash,
        left_out=finished.measurement.left_out,
    )


class _Loaded:
    """The network of the checkpoint at hand, swapped; cells come ordered by checkpoint."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._entry: Entry | None = None
        self._network: Network | None = None

    def __call__(self, cell: Cell) -> Network:
        if self._network is None or cell.entry != self._entry:
            self._network = self._load(cell)
            self._entry = cell.entry
        return self._network

    def _load(self, cell: Cell) -> Network:
        entry, folder = cell.entry, self._settings.weights
        network = load_model(entry.model, dataset=entry.dataset, seed=entry.seed, folder=folder)
        if cell.swap:
            swap(network, routing=cell.swap.routing, iterations=cell.swap.iterations)
        # The layout in which this machine's convolutions are fastest.
        laid_out = fold(network).to(memory_format=torch.channels_last)
        return laid_out.to(self._settings.device)
