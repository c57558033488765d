"""Where cells are examined: in this process one after the other, or in several at once.

A compact network's layers are too short for threads to share: two processes of one thread each get
nearly twice as far as one process of two threads.
"""

from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager
from functools import cache
from itertools import groupby, islice
from typing import Protocol, runtime_checkable

import torch

from capsprobe.probes.base import Probe
from capsprobe.study.examining import Examined, Examiner, base_images, cause_of
from capsprobe.study.grid import Cell
from capsprobe.study.pools import pool
from capsprobe.study.settings import Settings

LOST = "its process ended twice, perhaps for want of memory or because it hung"
# Cells that wait at the workers' door, so that none idles while a result is written.
_AHEAD = 1
Answer = tuple[Cell, Examined]
Answers = Generator[Answer, None, None]


@runtime_checkable
class Executor(Protocol):
    """Takes cells as it gets to them; yields each with what came of it, in any order."""

    def __call__(self, cells: Iterable[Cell]) -> Answers:
        """Yield every cell with its outcome."""


class Here:
    """Examines cells in this process, in turn."""

    def __init__(self, examiner: Examiner) -> None:
        self._examiner = examiner

    def __call__(self, cells: Iterable[Cell]) -> Answers:
        """Yield every cell with its outcome."""
        for cell in cells:
            yield cell, self._examiner(cell)


class AloneLast:
    """Has cells examined by others, but for those that must be alone: these afterwards, here."""

    def __init__(self, others: Executor, here: Executor, probes: dict[str, Probe]) -> None:
        self._others, self._here, self._probes = others, here, probes

    def __call__(self, cells: Iterable[Cell]) -> Answers:
        """Yield every cell with its outcome."""
        alone: list[Cell] = []
        yield from self._others(self._shared(cells, alone))
        yield from self._here(alone)

    def _shared(self, cells: Iterable[Cell], alone: list[Cell]) -> Iterator[Cell]:
        """Yield the cells that may share the machine; put the others by."""
        for cell in cells:
            if self._probes[cell.probe].alone:
                alone.append(cell)
            else:
                yield cell


class Workers:
    """Examines cells in so many processes, which share the threads and end with this one.

    Cells in a row that are shown what was made of others go to one process together, which makes
    it once. Nobody knows which cell it was that had a worker killed: all that were under way are
    tried again, each in a process of its own. One that has that killed too has failed.
    """

    def __init__(self, settings: Settings, probes: dict[str, Probe], *, count: int) -> None:
        self._settings, self._probes, self._count = settings, probes, count
        self._threads = max(1, torch.get_num_threads() // count)

    def __call__(self, cells: Iterable[Cell]) -> Answers:
        """Yield every cell with its outcome, the first that is done first."""
        waiting = bundled(cells)
        while lost := (yield from self._until_one_is_lost(waiting)):
            for cell in lost:
                yield cell, self._alone(cell)

    def _until_one_is_lost(
        self, waiting: Iterator[list[Cell]]
    ) -> Generator[Answer, None, list[Cell]]:
        """Yield outcomes; return the cells that were under way when a worker was lost."""
        under_way: dict[Future[list[Examined]], list[Cell]] = {}
        with self._pool(self._count) as pool:
            while True:
                for bundle in islice(waiting, self._count + _AHEAD - len(under_way)):
                    under_way[_submitted(pool, bundle)] = bundle
                if not under_way:
                    return []
                for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                    if isinstance(future.exception(), BrokenProcessPool):
                        return [cell for bundle in under_way.values() for cell in bundle]
                    yield from zip(under_way.pop(future), future.result(), strict=True)

    def _alone(self, cell: Cell) -> Examined:
        with self._pool(1) as pool:
            try:
                (found,) = _submitted(pool, [cell]).result()
            except BrokenProcessPool:
                return Examined(cause=LOST)
        return found

    def _pool(self, count: int) -> AbstractContextManager[ProcessPoolExecutor]:
        return pool(count, _begin, self._settings, self._probes, threads=self._threads)


def bundled(cells: Iterable[Cell]) -> Iterator[list[Cell]]:
    """Yield what one process examines in turn: mostly a single cell."""
    for _, bundle in groupby(
        cells, key=lambda cell: (cell.probe, cell.part) if cell.sources else cell.key
    ):
        yield list(bundle)


def _submitted(pool: ProcessPoolExecutor, bundle: list[Cell]) -> Future[list[Examined]]:
    """Return the future of some cells; one that has failed already where the pool is lost."""
    try:
        return pool.submit(_examine, bundle)
    except BrokenProcessPool as error:
        failed: Future[list[Examined]] = Future()
        failed.set_exception(error)
        return failed


class _Worker:
    """What a worker process keeps from cell to cell."""

    examiner: Callable[[], Examiner]


def _begin(settings: Settings, probes: dict[str, Probe]) -> None:
    """Make this process a worker."""
    _Worker.examiner = cache(
        lambda: Examiner(
            settings, probes, base_images(settings, probes.values()), ends_process=True
        )
    )


def _examine(bundle: list[Cell]) -> list[Examined]:
    try:
        examiner = _Worker.examiner()
    except Exception as error:
        return [Examined(cause=cause_of(error)) for _ in bundle]
    return [examiner(cell) for cell in bundle]
