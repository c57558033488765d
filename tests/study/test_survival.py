"""Runs that are killed at any moment, that share a folder, or run out of room: nothing is lost."""

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

SMALL = ("--model", "cnn", "--seed", "0", "--probe", "affine,corruption", "--limit", "8")


def command(folder: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", "capsprobe", "robustness", "--output", str(folder), *options]


def run(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(folder, *options), capture_output=True, text=True, check=False)


def killed(folder: Path, after: float, *options: str) -> bool:
    """Begin a run and kill it, workers too; return whether it was still going on."""
    process = subprocess.Popen(
        command(folder, *options), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        process.wait(timeout=after)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()
        return True
    return False


def finished(folder: Path) -> dict[str, tuple[int, int]]:
    """Return when each cell was written, and as which file."""
    parts = (folder / "cells").glob("*.parquet")
    return {path.name: (path.stat().st_mtime_ns, path.stat().st_ino) for path in parts}


def tables(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((folder / "tables").iterdir())}


def survives(tmp_path: Path, kills: int, longest: float, *options: str) -> None:
    """Kill a run so many times; what comes of it in the end is what comes of one in peace."""
    peaceful, troubled = tmp_path / "peaceful", tmp_path / "troubled"
    assert run(peaceful, *options).returncode == 0
    dice, done = random.Random(0), dict[str, tuple[int, int]]()
    for _ in range(kills):
        killed(troubled, dice.uniform(0.5, longest), *options)
        now = finished(troubled)
        assert done.items() <= now.items(), "a finished cell was lost or computed again"
        done = now
    # What was killed last may have been writing just now.
    time.sleep(2.5)
    last = run(troubled, *options, "--json")
    assert last.returncode == 0, last.stderr
    assert json.loads(last.stdout)["cells"]["failed"] == 0
    assert done.items() <= finished(troubled).items()
    assert tables(troubled) == tables(peaceful)
    names = {path.relative_to(troubled).as_posix() for path in troubled.rglob("*")}
    assert names == {path.relative_to(peaceful).as_posix() for path in peaceful.rglob("*")}


@pytest.mark.slow
def test_a_small_run_survives_four_kills(tmp_path: Path) -> None:
    survives(tmp_path, 4, 12.0, *SMALL, "--jobs", "1")


@pytest.mark.slow
def test_the_default_run_survives_fifty_kills(tmp_path: Path) -> None:
    survives(tmp_path, 50, 20.0)


@pytest.mark.slow
def test_two_runs_in_one_folder_both_end_well_with_the_same_tables(tmp_path: Path) -> None:
    alone, shared = tmp_path / "alone", tmp_path / "shared"
    options = (*SMALL, "--jobs", "1", "-q")
    assert run(alone, *options).returncode == 0
    both = [subprocess.Popen(command(shared, *options), stdout=subprocess.DEVNULL) for _ in "ab"]
    assert [process.wait() for process in both] == [0, 0]
    assert tables(shared) == tables(alone)
    assert not list(shared.rglob(".*"))


@pytest.fixture
def small_disk(tmp_path: Path) -> Path:
    """Return a folder on a disk of half a megabyte."""
    home = tmp_path / "disk"
    home.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(home)], check=False
    )
    if mounted.returncode != 0:
        pytest.skip("may not mount a small disk here")
    yield home
    subprocess.run(["umount", "--lazy", str(home)], check=True)


@pytest.mark.slow
def test_a_full_disk_ends_with_4_and_room_lets_the_run_be_completed(small_disk: Path) -> None:
    folder = small_disk / "run"
    options = (*SMALL, "--limit", "300", "--jobs", "1", "-q")
    full = run(folder, *options)
    assert (full.returncode, full.stdout) == (4, "")
    assert full.stderr.count("\n") == 1 and "No space left on device" in full.stderr
    done = finished(folder)
    subprocess.run(["mount", "-o", "remount,size=64m", str(small_disk)], check=True)
    assert run(folder, *options).returncode == 0
    assert done.items() <= finished(folder).items()
