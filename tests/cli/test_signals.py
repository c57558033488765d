"""A run that is interrupted or terminated says so, and leaves no process behind."""

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_interrupt_ends_with_130_and_the_command_that_resumes(tmp_path: Path) -> None:
    code = (
        "import signal, sys\n"
        # Where tests run in the background, Ctrl-C is ignored from the start.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from capsprobe.study import running\n"
        "kept = running._kept\n"
        "def first_only(*arguments):\n"
        "    running._kept = lambda *a: signal.raise_signal(signal.SIGINT)\n"
        "    return kept(*arguments)\n"
        "running._kept = first_only\n"
        "sys.argv = ['capsprobe', 'robustness', '--probe', 'affine', '--limit', '4',\n"
        f"            '--model', 'cnn', '--output', {str(tmp_path / 'run')!r}]\n"
        "from capsprobe.cli import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        check=False,
    )
    assert done.returncode == 130, done.stderr
    assert "Traceback" not in done.stderr
    assert "to resume: python -m capsprobe robustness --probe affine" in done.stderr
    run = json.loads((tmp_path / "run" / "run.json").read_text())
    states = [cell["state"] for cell in run["cells"]]
    assert states[0] == "done"
    assert set(states[1:]) == {"missing"}
    assert run["partial"]
    assert (tmp_path / "run" / "index.html").is_file()


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_terminated_run_ends_with_143(tmp_path: Path, jobs: str) -> None:
    code = (
        "import signal, sys\n"
        "from capsprobe.study import running\n"
        "running._kept = lambda *a: signal.raise_signal(signal.SIGTERM)\n"
        f"sys.argv = ['capsprobe', 'robustness', '--probe', 'affine', '--jobs', {jobs!r},\n"
        "            '--limit', '4',\n"
        f"            '--model', 'cnn', '--output', {str(tmp_path / 'run')!r}]\n"
        "from capsprobe.cli import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == 143, done.stderr
    assert "to resume" in done.stderr


@pytest.mark.slow
def test_ctrl_c_in_the_foreground_ends_all_processes_and_keeps_what_is_finished(
    tmp_path: Path,
) -> None:
    run = tmp_path / "run"
    command = f"robustness --probe affine --limit 40 --jobs 2 -q --output {run}".split()
    code = (
        "import signal, sys\n"
        # Where tests run in the background, Ctrl-C is ignored from the start.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        f"sys.argv = ['capsprobe', *{command}]\n"
        "from capsprobe.cli import main\n"
        "main()\n"
    )
    with (tmp_path / "out").open("w") as out, (tmp_path / "err").open("w") as err:
        # A session of its own, whose processes are one group, as those of a terminal's command.
        parent = subprocess.Popen(
            [sys.executable, "-c", code], stdout=out, stderr=err, cwd=ROOT, start_new_session=True
        )
        try:
            while not list(run.glob("cells/*.parquet")) and parent.poll() is None:
                time.sleep(0.05)
            # This one, the server that starts workers, and two workers.
            assert len(_alive(parent.pid)) >= 4
            os.killpg(parent.pid, signal.SIGINT)
            assert parent.wait(timeout=120.0) == 130, (tmp_path / "err").read_text()
            deadline = time.monotonic() + 30.0
            while _alive(parent.pid) and time.monotonic() < deadline:
                time.sleep(0.1)
            assert not _alive(parent.pid)
        finally:
            if _alive(parent.pid):
                os.killpg(parent.pid, signal.SIGKILL)
    told = (tmp_path / "err").read_text()
    assert told == f"interrupted; to resume: python -m capsprobe {shlex.join(command)}\n"
    facts = json.loads((run / "run.json").read_text())
    # What was kept just as the interruption came is found in the folder.
    kept = {cell["key"] for cell in facts["cells"] if cell["state"] in ("done", "cached")}
    assert facts["partial"] and 0 < len(kept) < len(facts["cells"])
    assert {path.stem for path in run.glob("cells/*.parquet")} == kept


def _alive(group: int) -> list[str]:
    """Return the processes of a group that have not ended."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, its_group = path.read_text().rpartition(")")[2].split()[:3]
        except OSError:
            continue
        if int(its_group) == group and state != "Z":
            found.append(path.parent.name)
    return found
