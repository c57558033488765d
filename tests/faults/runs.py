"""Runs that are killed, interrupted, shared, damaged, too large or too slow: kinds 1 to 8."""

import errno
import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import torch

from capsprobe import parts
from capsprobe.cli import measuring
from capsprobe.models.cnn import ConvNet
from capsprobe.probes.affine import Affine
from capsprobe.study import Settings, running
from capsprobe.tables import SCHEMA_VERSION
from tests.faults.table import Bench, Told, row, small

ROOT = Path(__file__).parents[2]
CELLS = 4


def facts(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "run.json").read_text(encoding="utf-8"))


def states(folder: Path) -> list[str]:
    return [cell["state"] for cell in facts(folder)["cells"]]


def tables(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((folder / "tables").iterdir())}


def cells(folder: Path) -> list[Path]:
    return sorted((folder / "cells").glob("*.parquet"))


def dead(code: str) -> None:
    """Run code that kills its own process."""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False, capture_output=True)
    assert done.returncode == -signal.SIGKILL, done.stderr


@row(1, "kill -9 after two cells, then the same command", status=0, line="2 done, 2 cached")
def killed(bench: Bench) -> Told:
    run = bench.home / "run"
    dead(
        "import os, signal, sys\n"
        "from capsprobe.study import running\n"
        "kept, seen = running._kept, []\n"
        "def two_only(*given):\n"
        "    seen.append(len(seen) < 2 or os.kill(os.getpid(), signal.SIGKILL))\n"
        "    return kept(*given)\n"
        "running._kept = two_only\n"
        f"sys.argv = ['capsprobe', *{small(bench.weights, run)!r}]\n"
        "from capsprobe.cli import main\n"
        "main()\n"
    )
    assert len(cells(run)) == 2
    told = bench.run(run)
    assert tables(run) == tables(bench.finished)
    assert len(cells(run)) == CELLS
    return told


@row(2, "kill -9 while a table of the report is written, then report again", status=0)
def killed_in_export(bench: Bench) -> Told:
    run = bench.copy()
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    dead(
        "import os, signal\n"
        "from pathlib import Path\n"
        "from capsprobe import files\n"
        "files._sync = lambda path: os.kill(os.getpid(), signal.SIGKILL)\n"
        "from capsprobe.report import render\n"
        f"render(Path({str(run)!r}))\n"
    )
    left = {path for path in run.rglob("*") if path.is_file()} - before.keys()
    assert len(left) == 1 and left.pop().suffix == ".part"
    assert all(path.read_bytes() == content for path, content in before.items())
    return bench.call("report", run)


def stopped(bench: Bench, number: int) -> Told:
    kept = running._kept

    def once(*given: Any) -> Any:
        bench.patch.setattr(running, "_kept", lambda *more: signal.raise_signal(number))
        return kept(*given)

    # Where tests run in the background, Ctrl-C is ignored from the start.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    bench.patch.setattr(running, "_kept", once)
    try:
        told = bench.run(bench.home / "run")
    finally:
        signal.signal(signal.SIGINT, before)
    assert states(bench.home / "run") == ["done", *["missing"] * (CELLS - 1)]
    assert "partial run" in (bench.home / "run" / "index.html").read_text(encoding="utf-8")
    return told


@row(3, "Ctrl-C after one cell", status=130, line="to resume: python -m capsprobe robustness")
def interrupted(bench: Bench) -> Told:
    return stopped(bench, signal.SIGINT)


@row(3, "SIGTERM after one cell", status=143, line="to resume: python -m capsprobe robustness")
def terminated(bench: Bench) -> Told:
    return stopped(bench, signal.SIGTERM)


@row(4, "the output is a file", status=4, line="expected a folder that can be written to, got")
def output_is_a_file(bench: Bench) -> Told:
    (bench.home / "run").write_text("mine")
    bench.patch.setattr(running, "_measure_all", None)
    told = bench.run(bench.home / "run")
    assert (bench.home / "run").read_text() == "mine"
    return told


@row(4, "the output cannot be written to", status=4, line="expected a folder .* got /proc/run")
def output_is_read_only(bench: Bench) -> Told:
    # Root may write anywhere but into the kernel's own file system.
    bench.patch.setattr(running, "_measure_all", None)
    return bench.run(Path("/proc/run"))


@row(4, "the disk is full after one cell", status=4, line="No space left on device; finished")
def full(bench: Bench) -> Told:
    run, write = bench.home / "run", parts.pq.write_table

    def once(*given: Any, **more: Any) -> None:
        write(*given, **more)
        bench.patch.setattr(parts.pq, "write_table", no_room)

    def no_room(*given: Any, **more: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    bench.patch.setattr(parts.pq, "write_table", once)
    told = bench.run(run, "-q")
    assert len(cells(run)) == 1
    bench.patch.setattr(parts.pq, "write_table", write)
    assert json.loads(bench.run(run, "--json").out)["cells"]["cached"] == 1
    return told


@row(5, "another run of the folder while a cell is computed", status=0, line="1 done, 3 cached")
def shared(bench: Bench) -> Told:
    run, kept, told = bench.home / "run", running._kept, []

    def once(*given: Any) -> Any:
        bench.patch.setattr(running, "_kept", kept)
        told.append(bench.run(run))
        return kept(*given)

    bench.patch.setattr(running, "_kept", once)
    outer = bench.run(run)
    assert told[0].status == 0
    assert tables(run) == tables(bench.finished)
    return outer


@row(6, "a cell is cut short", status=0, line=r"^warning: affine/\w+ cnn .*cannot be used")
def cut(bench: Bench) -> Told:
    run = bench.copy()
    first = cells(run)[0]
    first.write_bytes(first.read_bytes()[:-40])
    told = bench.run(run)
    assert first.with_suffix(".corrupt").is_file()
    assert tables(run) == tables(bench.finished)
    return told


@row(6, "a cell of a newer schema", status=3, line="a newer capsprobe wrote it")
def newer(bench: Bench) -> Told:
    run = bench.copy()
    first = cells(run)[0]
    part = parts.read_part(first)
    bench.patch.setattr(parts, "SCHEMA_VERSION", SCHEMA_VERSION + 1)
    parts.write_part(first, "x", part.measurement, seconds=0.0)
    bench.patch.setattr(parts, "SCHEMA_VERSION", SCHEMA_VERSION)
    return bench.run(run, "-q")


def hungry(bench: Bench, most: int) -> None:
    """Let a network's memory hold no more than so many images."""
    forward = ConvNet.forward

    def limited(self: ConvNet, images: torch.Tensor) -> torch.Tensor:
        if len(images) > most and images.device.type != "meta":
            raise torch.OutOfMemoryError("CUDA out of memory")
        return forward(self, images)

    bench.patch.setattr(ConvNet, "forward", limited)


@row(7, "memory runs out with two images at once", status=0, line="4 done")
def memory_runs_out(bench: Bench) -> Told:
    hungry(bench, 1)
    told = bench.run(bench.home / "run")
    notes = {cell["note"] for cell in facts(bench.home / "run")["cells"]}
    assert notes == {"memory ran out; 1 images at once instead of 128"}
    assert tables(bench.home / "run")["affine.csv"] == tables(bench.finished)["affine.csv"]
    return told


@row(7, "memory does not hold one image", status=1, line="failed: .*CUDA out of memory")
def memory_holds_nothing(bench: Bench) -> Told:
    planned = running.plan_study

    def plan(given: Settings) -> running.Outcome:
        found = planned(given)
        hungry(bench, 0)
        return found

    bench.patch.setattr(measuring, "plan_study", plan)
    return bench.run(bench.home / "run")


def broken(bench: Bench, what: Any) -> None:
    """Let the probe do something else before it measures shear."""
    measure = Affine.measure

    def other(self: Affine, network: Any, images: Any, rng: Any, part: str) -> Any:
        if part == "shear":
            what()
        return measure(self, network, images, rng, part)

    bench.patch.setattr(Affine, "measure", other)


def fails() -> None:
    raise ValueError("out of light\nsecond line")


@row(8, "one cell raises", status=1, line=r"^failed: affine/shear .*: ValueError: out of light$")
def raises(bench: Bench) -> Told:
    broken(bench, fails)
    told = bench.run(bench.home / "run")
    assert sorted(states(bench.home / "run")) == ["done"] * 3 + ["failed"]
    page = (bench.home / "run" / "index.html").read_text(encoding="utf-8")
    assert "ValueError: out of light" in page
    return told


@row(8, "one cell hangs", status=1, line="affine/shear .*took longer than the 1.5 s")
def hangs(bench: Bench) -> Told:
    broken(bench, lambda: time.sleep(60.0))
    told = bench.run(bench.home / "run", "--cell-timeout", "1.5")
    assert sorted(states(bench.home / "run")) == ["done"] * 3 + ["failed"]
    return told
