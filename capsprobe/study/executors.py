"""Where cells are examined: in this process one after the other, or in several at once.

A compact network's layers are too short for threads to share: two processes of one thread each get
nearly twice as far as one process of two threads.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, ExitStack
from functools import cache
from typing import Protocol, runtime_checkable

import torch

from capsprobe.probes.base import Probe
from capsprobe.study.examining import Examined, Examiner, base_images, cause_of
from capsprobe.study.grid import Cell
from capsprobe.study.pools import pool
from capsprobe.study.settings import Settings

LOST = "its process ended twice, perhaps for want of memory or because it hung"
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


class Lanes:
    """Which cell comes next in which process.

    What is made of others lies in the process that made it first: what is shown the same waits
    for that one.
    """

    def __init__(self, cells: Iterable[Cell]) -> None:
        self._cells = iter(cells)
        self._owners: dict[tuple[str, str], int] = {}
        self._waiting: dict[int, deque[Cell]] = defaultdict(deque)

    def following(self, lane: int) -> Cell | None:
        """Return the next cell of a lane, None where none is left for it."""
        if self._waiting[lane]:
            return self._waiting[lane].popleft()
        for cell in self._cells:
            owner = self._owners.setdefault((cell.probe, cell.part), lane) if cell.sources else lane
            if owner == lane:
                return cell
            self._waiting[owner].append(cell)
        return None


class Workers:
    """Examines cells in so many processes, which share the threads and end with this one.

    Cells that are shown the same of other networks are examined in one process, which makes it
    once. A cell whose process was lost is tried again after all others, with the machine to
    itself; one that has its process killed then too has failed.
    """

    def __init__(self, settings: Settings, probes: dict[str, Probe], *, count: int) -> None:
        self._settings, self._probes, self._count = settings, probes, count
        self._threads = max(1, torch.get_num_threads() // count)

    def __call__(self, cells: Iterable[Cell]) -> Answers:
        """Yield every cell with its outcome, the first that is done first."""
        lost: list[Cell] = []
        yield from self._side_by_side(Lanes(cells), lost)
        for cell in lost:
            yield cell, self._alone(cell)

    def _side_by_side(self, lanes: Lanes, lost: list[Cell]) -> Answers:
        """Yield outcomes; put by the cells whose process was lost."""
        under_way: dict[Future[Examined], tuple[int, Cell]] = {}
        free = list(range(self._count))
        with ExitStack() as held:
            pools = [held.enter_context(self._pool()) for _ in free]
            while True:
                for lane in free:
                    if cell := lanes.following(lane):
                        under_way[_submitted(pools[lane], cell)] = lane, cell
                if not under_way:
                    return
                done = wait(under_way, return_when=FIRST_COMPLETED).done
                ended = [(future, *under_way.pop(future)) for future in done]
                free = [lane for _, lane, _ in ended]
                for future, lane, cell in ended:
                    if isinstance(future.exception(), BrokenProcessPool):
                        pools[lane] = held.enter_context(self._pool())
                        lost.append(cell)
                    else:
                        yield cell, future.result()

    def _alone(self, cell: Cell) -> Examined:
        with self._pool() as pool:
            try:
                return _submitted(pool, cell).result()
            except BrokenProcessPool:
                return Examined(cause=LOST)

    def _pool(self) -> AbstractContextManager[ProcessPoolExecutor]:
        return pool(1, _begin, self._settings, self._probes, threads=self._threads)


def _submitted(pool: ProcessPoolExecutor, cell: Cell) -> Future[Examined]:
    """Return the future of a cell; one that has failed already where the pool is lost."""
    try:
        return pool.submit(_examine, cell)
    except BrokenProcessPool as error:
        failed: Future[Examined] = Future()
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


def _examine(cell: Cell) -> Examined:
    try:
        examiner = _Worker.examiner()
    except Exception as error:
        return Examined(cause=cause_of(error))
    return examiner(cell)
