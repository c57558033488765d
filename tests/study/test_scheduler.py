"""Cells on the workers of a Dask scheduler: the same tables, and nothing lost with a worker."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from capsprobe.faults import EnvironmentFault, UsageFault
from capsprobe.parts import read_cells
from capsprobe.study import Settings, run_study
from capsprobe.study.record import record
from capsprobe.study.running import Nobody, Outcome

distributed = pytest.importorskip("distributed")


@pytest.fixture
def settings(checkpoints: Path) -> Settings:
    return Settings(weights=checkpoints, probes=("affine",), limit=4, batch_size=4)


@pytest.fixture
def address() -> Iterator[str]:
    """Return the address of a scheduler with two workers in this process, on loopback."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None, protocol="tcp"
    ) as cluster:
        yield cluster.scheduler_address


def table(outcome: Outcome, folder: Path) -> pd.DataFrame:
    return read_cells(folder / "cells", record(outcome, command="", title="")["cells"])[0]


def test_workers_find_what_one_process_finds(settings, address, tmp_path) -> None:
    alone = run_study(settings, tmp_path / "alone")
    shared = run_study(settings, tmp_path / "shared", scheduler=address)
    assert shared.count("done") == len(shared.cells) == len(alone.cells)
    pd.testing.assert_frame_equal(
        table(alone, tmp_path / "alone"), table(shared, tmp_path / "shared")
    )
    again = run_study(settings, tmp_path / "shared", scheduler=address)
    assert again.count("cached") == len(again.cells)


def test_a_worker_with_other_images_says_so(settings, address, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("capsprobe.data.images.ImageSet.sha256", "0" * 64)
    from capsprobe.study import scheduler

    found = scheduler.Scheduler(settings, {}, address=address, data_sha256="1" * 64)
    outcome = run_study(settings, tmp_path / "run")
    examined = [each for _, each in found(outcome.cells[:1])]
    assert "expected the images of the run (1111111111111111…)" in examined[0].cause


def test_without_a_scheduler_it_is_one_line(settings, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("capsprobe.study.scheduler._WAIT_S", 1)
    with pytest.raises(EnvironmentFault, match="expected a Dask scheduler with workers at"):
        run_study(settings, tmp_path, scheduler="tcp://127.0.0.1:9")


def test_a_limit_on_time_is_not_for_a_scheduler(settings, tmp_path) -> None:
    limited = settings.model_copy(update={"cell_timeout": 1.0})
    with pytest.raises(UsageFault, match="got both"):
        run_study(limited, tmp_path, scheduler="tcp://127.0.0.1:9")


def started(*arguments: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, "-m", *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment,
    )


Process = subprocess.Popen[bytes]


def cluster(port: int, workers: int) -> tuple[Process, list[Process]]:
    """Return a scheduler on loopback and its workers, each a process of one thread."""
    address = f"tcp://127.0.0.1:{port}"
    main = started(
        "distributed.cli.dask_scheduler",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--no-dashboard",
    )
    time.sleep(3.0)
    hands = [
        started(
            "distributed.cli.dask_worker",
            address,
            "--nthreads",
            "1",
            "--no-dashboard",
            "--no-nanny",
        )
        for _ in range(workers)
    ]
    return main, hands


@pytest.mark.slow
# Connections that were cut are closed by the collector of garbage.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_four_workers_over_two_lifetimes_of_schedulers_find_the_same(tmp_path: Path) -> None:
    settings = Settings(models=("cnn", "capsnet"), probes=("affine", "corruption"), limit=40)
    alone = run_study(settings, tmp_path / "alone")
    first, hands = cluster(18786, 4)

    class Breaks(Nobody):
        """Kills a worker after a quarter of the cells, and the scheduler after half of them."""

        def finished(self, state, index, total) -> None:
            if index == total // 4:
                hands[0].kill()
            if index == total // 2:
                first.kill()

    with pytest.raises(EnvironmentFault, match="finished cells are kept"):
        run_study(
            settings, tmp_path / "shared", scheduler="tcp://127.0.0.1:18786", listener=Breaks()
        )
    for hand in (first, *hands):
        hand.kill()
        hand.wait()
    second, others = cluster(18787, 4)
    threading.Timer(8.0, others[0].kill).start()
    try:
        shared = run_study(settings, tmp_path / "shared", scheduler="tcp://127.0.0.1:18787")
    finally:
        for process in (second, *others):
            process.kill()
            process.wait()
    assert shared.count("cached") >= len(shared.cells) // 2
    assert shared.count("failed") == 0
    pd.testing.assert_frame_equal(
        table(alone, tmp_path / "alone"), table(shared, tmp_path / "shared")
    )
