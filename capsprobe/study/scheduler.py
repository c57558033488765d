"""Cells examined by the workers of a Dask scheduler, on as many machines as it has.

The scheduler and its workers are the user's; this process sends them cells and writes what comes
back, alone. Weights and data do not travel: each worker has them, and proves it by their hashes.
Whoever may talk to a scheduler may run code on its workers: it belongs behind TLS, or on loopback.
"""

import threading
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from itertools import islice
from typing import Any

import torch

from capsprobe.faults import DataFault, EnvironmentFault, UsageFault
from capsprobe.models.checkpoints import SHIPPED
from capsprobe.probes.base import Probe
from capsprobe.study.examining import Examined, Examiner, base_images, cause_of
from capsprobe.study.executors import LOST, Answers
from capsprobe.study.grid import Cell
from capsprobe.study.settings import Settings

# Cells that wait at each worker's door, so that none idles while a result travels.
_AHEAD = 2
_WAIT_S = 30


class Scheduler:
    """Examines cells on the workers of a scheduler.

    A cell whose worker is lost goes to another; one that has lost several has failed. Where the
    scheduler itself is lost the run ends, and what is finished is kept.
    """

    def __init__(
        self, settings: Settings, probes: dict[str, Probe], *, address: str, data_sha256: str
    ) -> None:
        if settings.cell_timeout is not None:
            raise UsageFault("expected --cell-timeout or --scheduler, got both")
        self._settings, self._probes = settings, probes
        self._address, self._sha256 = address, data_sha256
        # Another machine may hold what this package ships in another place.
        self._shipped = settings.weights == SHIPPED

    def __call__(self, cells: Iterable[Cell]) -> Answers:
        """Yield every cell with its outcome, the first that is done first."""
        with _connected(self._address) as client:
            try:
                yield from self._all(client, iter(cells))
            except OSError as error:
                raise self._lost() from error

    def _all(self, client: Any, waiting: Any) -> Generator[tuple[Cell, Examined], None, None]:
        from distributed import as_completed

        under_way: dict[str, Cell] = {}
        answers = as_completed(loop=client.loop)
        while True:
            room = _AHEAD * max(1, len(client.nthreads())) - len(under_way)
            for cell in islice(waiting, max(0, room)):
                future = client.submit(
                    _examine,
                    self._settings,
                    self._probes,
                    self._sha256,
                    cell,
                    shipped=self._shipped,
                    pure=False,
                )
                under_way[future.key] = cell
                answers.add(future)
            if not under_way:
                return
            future = next(answers)
            yield under_way.pop(future.key), self._outcome(future)

    def _lost(self) -> EnvironmentFault:
        return EnvironmentFault(
            f"expected the scheduler at {self._address} to go on, got no answer any more; "
            "finished cells are kept, run the same command again"
        )

    def _outcome(self, future: Any) -> Examined:
        from distributed.scheduler import KilledWorker

        if future.cancelled():
            raise self._lost()
        error = future.exception()
        if error is None:
            return future.result()
        if isinstance(error, KilledWorker):
            return Examined(cause=LOST)
        return Examined(cause=cause_of(error))


@contextmanager
def _connected(address: str) -> Generator[Any, None, None]:
    """Yield a client of the scheduler.

    Raises
    ------
    EnvironmentFault
        Where Dask is not installed, nobody answers there, or there is no worker.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise EnvironmentFault(
            "--scheduler: expected Dask to be installed: pip install 'capsprobe[parallel]'"
        ) from error
    try:
        client = Client(address, timeout=_WAIT_S, set_as_default=False)
        client.wait_for_workers(1, timeout=_WAIT_S)
    except (OSError, ValueError, TimeoutError) as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise EnvironmentFault(
            f"--scheduler: expected a Dask scheduler with workers at {address}, got {first}"
        ) from error
    with client:
        yield client


class _Here:
    """What a worker's process keeps from cell to cell."""

    lock = threading.Lock()
    study: tuple[str, str] | None = None
    examiner: Callable[[Cell], Examined]


def _examine(
    settings: Settings,
    probes: dict[str, Probe],
    data_sha256: str,
    cell: Cell,
    *,
    shipped: bool,
) -> Examined:
    """Return what a cell yields on this worker, one at a time whatever its threads."""
    if shipped:
        settings = settings.model_copy(update={"weights": SHIPPED})
    with _Here.lock:
        study = settings.model_dump_json(), data_sha256
        try:
            if _Here.study != study:
                _Here.examiner, _Here.study = _examiner(settings, probes, data_sha256), study
        except Exception as error:
            return Examined(cause=cause_of(error))
        return _Here.examiner(cell)


def _examiner(settings: Settings, probes: dict[str, Probe], data_sha256: str) -> Examiner:
    from distributed import get_worker

    torch.set_num_threads(max(1, get_worker().state.nthreads))
    images = base_images(settings, probes.values())
    if images.sha256 != data_sha256:
        raise DataFault(
            f"expected the images of the run ({data_sha256[:16]}…) on this worker, got others "
            f"({images.sha256[:16]}…)"
        )
    return Examiner(settings, probes, images)
