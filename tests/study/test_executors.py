"""Cells in several processes: the same tables, and nothing lost with a worker."""

import multiprocessing
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from capsprobe.parts import read_cells
from capsprobe.probes.base import probes
from capsprobe.study import Settings, run_study
from capsprobe.study.examining import Examined
from capsprobe.study.executors import LOST, AloneLast, Lanes, Workers
from capsprobe.study.grid import Cell
from capsprobe.study.record import record
from capsprobe.study.running import Nobody, Outcome, plan_study


@pytest.fixture
def attacked(checkpoints: Path) -> Settings:
    """Four checkpoints, attacked on a few images: a worker knows only what the package holds."""
    given = {"adversarial": {"linf": (0.1,), "l2": (1.0,), "steps": 1, "queries": 1}}
    return Settings(
        weights=checkpoints, probes=("adversarial",), limit=4, batch_size=4, probe_settings=given
    )


def table(outcome: Outcome, folder: Path) -> pd.DataFrame:
    return read_cells(folder / "cells", record(outcome, command="", title="")["cells"])[0]


class Kills(Nobody):
    """A listener that kills a worker, once, when half of the eight cells are finished."""

    def __init__(self) -> None:
        self.killed = False

    def started(self, cell: Cell, index: int, total: int) -> None:
        workers = multiprocessing.active_children()
        if index >= 4 and workers and not self.killed:
            workers[0].kill()
            self.killed = True


class Stops(Nobody):
    """A listener that interrupts once two cells are finished; several may finish at once."""

    def started(self, cell: Cell, index: int, total: int) -> None:
        if index >= 2:
            raise KeyboardInterrupt


def test_workers_find_what_one_process_finds(attacked: Settings, tmp_path: Path) -> None:
    alone = run_study(attacked, tmp_path / "alone")
    shared = run_study(attacked, tmp_path / "shared", jobs=2)
    assert shared.count("done") == len(shared.cells) == 8
    pd.testing.assert_frame_equal(
        table(alone, tmp_path / "alone"), table(shared, tmp_path / "shared")
    )


@pytest.fixture
def carried(attacked: Settings) -> Settings:
    """The same checkpoints, each shown what is made of the others, and turned."""
    given = {"transfer": {"linf": (0.1,), "steps": 1}}
    return attacked.model_copy(update={"probes": ("affine", "transfer"), "probe_settings": given})


def test_what_is_made_of_others_stays_in_one_lane_and_the_rest_in_any(carried: Settings) -> None:
    cells = plan_study(carried).cells
    lanes = Lanes(cells)
    given: dict[int, list[Cell]] = {0: [], 1: []}
    # The second lane is three times as fast as the first.
    for lane in [0, 1, 1, 1] * len(cells):
        if cell := lanes.following(lane):
            given[lane].append(cell)
    assert sorted(cell.key for lane in given.values() for cell in lane) == sorted(
        cell.key for cell in cells
    )
    for part in ("linf", "l2"):
        held = [sum(cell.part == part for cell in lane) for lane in given.values()]
        assert sorted(held) == [0, 4]
    assert all(any(cell.probe == "affine" for cell in lane) for lane in given.values())


def test_what_is_made_of_others_is_the_same_whoever_makes_it(
    carried: Settings, tmp_path: Path
) -> None:
    alone = run_study(carried, tmp_path / "alone")
    shared = run_study(carried, tmp_path / "shared", jobs=2)
    assert alone.count("done") == shared.count("done") == len(alone.cells)
    pd.testing.assert_frame_equal(
        table(alone, tmp_path / "alone"), table(shared, tmp_path / "shared")
    )


def test_a_cell_that_fails_in_a_worker_stops_no_other(attacked: Settings, tmp_path: Path) -> None:
    impossible = {"adversarial": {"linf": (0.1,), "l2": (200.0,), "steps": 1, "queries": 1}}
    outcome = run_study(
        attacked.model_copy(update={"probe_settings": impossible}), tmp_path, jobs=2
    )
    assert (outcome.count("failed"), outcome.count("done")) == (4, 4)
    causes = {state.cause.partition(":")[0] for state in outcome.states.values()}
    assert causes == {"", "UsageFault"}


def test_a_killed_worker_takes_no_cell_with_it(attacked: Settings, tmp_path: Path) -> None:
    kills = Kills()
    outcome = run_study(attacked, tmp_path, jobs=2, listener=kills)
    assert kills.killed
    assert outcome.count("done") == len(outcome.cells)
    assert not multiprocessing.active_children()


def test_a_cell_whose_worker_is_always_killed_fails(attacked: Settings, tmp_path: Path) -> None:
    done = threading.Event()

    def kill() -> None:
        while not done.wait(0.01):
            for worker in multiprocessing.active_children():
                worker.kill()

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        few = attacked.model_copy(update={"models": ("cnn",), "training_seeds": (0,)})
        outcome = run_study(few, tmp_path, jobs=2)
    finally:
        done.set()
        killer.join()
    assert {state.cause for state in outcome.states.values()} == {LOST}
    assert outcome.count("failed") == len(outcome.cells) == 2


def test_interrupted_workers_end_and_what_they_finished_is_kept(
    attacked: Settings, tmp_path: Path
) -> None:
    outcome = run_study(attacked, tmp_path, jobs=2, listener=Stops())
    assert outcome.interrupted
    assert not multiprocessing.active_children()
    rest = run_study(attacked, tmp_path, jobs=2)
    assert rest.count("cached") == outcome.count("done")
    assert rest.count("cached") + rest.count("done") == 8


def test_a_worker_that_cannot_begin_says_why(attacked: Settings, tmp_path: Path) -> None:
    plan = plan_study(attacked)
    gone = attacked.model_copy(update={"dataset": "mnist", "data_dir": tmp_path})
    answers = list(Workers(gone, plan.probes, count=2)(plan.cells[:2]))
    assert {cell.key for cell, _ in answers} == {cell.key for cell in plan.cells[:2]}
    assert all(examined.cause.startswith("DataFault: ") for _, examined in answers)


@pytest.mark.slow
def test_workers_end_with_a_parent_that_is_killed(attacked: Settings, tmp_path: Path) -> None:
    command = "robustness --probe adversarial --jobs 2 -q --output".split()
    parent = subprocess.Popen([sys.executable, "-m", "capsprobe", *command, str(tmp_path)])
    workers: set[int] = set()
    while not list(tmp_path.glob("cells/*.parquet")):
        workers |= _descendants(parent.pid)
        time.sleep(0.2)
    assert workers
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    deadline = time.monotonic() + 30.0
    while time.monotonic() < deadline and any(Path(f"/proc/{pid}").exists() for pid in workers):
        time.sleep(0.2)
    assert not [pid for pid in workers if Path(f"/proc/{pid}").exists()]


def _descendants(pid: int) -> set[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children")
    try:
        found = {int(child) for child in children.read_text().split()}
    except OSError:
        return set()
    return found | {below for child in found for below in _descendants(child)}


SLOW = """
import time, torch
from pathlib import Path
from types import SimpleNamespace
class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(784, 10)
    def forward(self, images):
        if Path(__file__).with_name('go').exists() and len(images) < 5:
            time.sleep(600)
        return self.layer(images.flatten(1))
def make():
    torch.manual_seed(0)
    return Net()
"""


class Begins(Nobody):
    """A listener that leaves a file behind once cells are examined."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def started(self, cell: Cell, index: int, total: int) -> None:
        self.path.touch()


@pytest.mark.parametrize("jobs", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_cell_that_hangs_fails_and_others_finish(
    jobs: int, attacked: Settings, tmp_path: Path
) -> None:
    (tmp_path / "net.py").write_text(SLOW)
    # Once cells are examined, it never comes back from the study's four images.
    settings = attacked.model_copy(
        update={"models": ("cnn", f"{tmp_path}/net.py:make"), "cell_timeout": 5.0}
    )
    outcome = run_study(settings, tmp_path / "run", jobs=jobs, listener=Begins(tmp_path / "go"))
    causes = {state.cause for state in outcome.states.values() if state.state == "failed"}
    assert causes == {"took longer than the 5 s that a cell may take"}
    assert (outcome.count("failed"), outcome.count("done")) == (2, len(outcome.cells) - 2)


def test_cells_that_must_be_alone_come_last_and_the_others_do_not_wait_for_them():
    order = []

    def note(name):
        def run(cells):
            for cell in cells:
                order.append((name, cell.probe))
                yield cell, Examined()

        return run

    cells = [SimpleNamespace(probe=name) for name in ("cost", "affine", "cost", "overlap")]
    kinds = {name: probes[name]() for name in ("cost", "affine", "overlap")}
    answers = list(AloneLast(note("workers"), note("here"), kinds)(iter(cells)))
    assert order == [
        ("workers", "affine"),
        ("workers", "overlap"),
        ("here", "cost"),
        ("here", "cost"),
    ]
    assert [cell for cell, _ in answers] == [cells[1], cells[3], cells[0], cells[2]]
