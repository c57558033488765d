"""What a second worker of a Dask scheduler adds, on a grid of compact networks."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from capsprobe.study import Settings, run_study
from tests.benchmarks.cases import Case, Setting
from tests.benchmarks.rows import Bound, Findings, Row, found
from tests.benchmarks.timing import turns

_MODELS = ("capsnet", "capsnet-uniform", "senet", "cnn")
_PROBES = ("affine", "corruption", "adversarial")
_WORKERS = (2, 1)
_MOST_TURNS = 3


def cases(setting: Setting) -> list[Case]:
    """Return the one case."""
    del setting
    return [
        Case(
            name="workers/throughput",
            text="two Dask workers of one thread each against one",
            measure=measure,
        )
    ]


def measure(setting: Setting) -> Findings:
    """Return the ratio of the times of one study on two workers and on one.

    Each worker is a process of its own; both clusters have run the study once before the clock
    starts. A study begins with the plan and ends with the last cell's table; the report is not in
    it.
    """
    with tempfile.TemporaryDirectory() as folder, _clusters() as addresses:
        sides = [_Study(setting, address, Path(folder) / address[-5:]) for address in addresses]
        for side in sides:
            side()
        ours, other = turns(
            sides, [1, 1], repetitions=min(setting.repetitions, _MOST_TURNS), device=setting.device
        )
        cells = sides[0].cells
    row = Row(
        what="a study on two workers of a Dask scheduler",
        against="one worker",
        unit="s",
        ours=tuple(ms / 1e3 for ms in ours),
        other=tuple(ms / 1e3 for ms in other),
        bound=Bound(">=", 1.7),
        note=f"{cells} cells of compact networks on digits, one thread a worker",
    )
    return found(row)


class _Study:
    """The whole study a call, into a new folder each time."""

    def __init__(self, setting: Setting, address: str, folder: Path) -> None:
        self._address, self._folder = address, folder
        self._settings = Settings(
            models=_MODELS,
            probes=_PROBES,
            training_seeds=(0,),
            limit=setting.sizes.worker_images,
            device=str(setting.device),
        )
        self._calls = 0
        self.cells = 0

    def __call__(self) -> None:
        self._calls += 1
        outcome = run_study(
            self._settings, self._folder / str(self._calls), scheduler=self._address
        )
        self.cells = len(outcome.cells)
        if outcome.count("done") != self.cells:
            raise RuntimeError(f"{outcome.count('failed')} of {self.cells} cells failed")


@contextmanager
def _clusters() -> Iterator[list[str]]:
    """Give the addresses of schedulers with two workers and with one, on loopback."""
    from distributed import LocalCluster

    clusters = [
        LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None)
        for workers in _WORKERS
    ]
    try:
        yield [cluster.scheduler_address for cluster in clusters]
    finally:
        for cluster in clusters:
            cluster.close()
