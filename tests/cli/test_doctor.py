"""Whether a machine is fit: each look comes out as it should where something is wrong."""

import json
import shutil
import sys
from collections import namedtuple
from pathlib import Path

import pytest
import torch

from capsprobe.cli import symptoms, threads
from capsprobe.models import batches, checkpoints
from capsprobe.models.checkpoints import SHIPPED, manifest
from capsprobe.models.packing import read_bytes, weights_path
from capsprobe.registry import Registry
from tests.cli.calling import call


def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str
) -> tuple[int, str]:
    status = call(monkeypatch, "doctor", *arguments)
    out, err = capsys.readouterr()
    assert err == ""
    return status, out


def only(monkeypatch: pytest.MonkeyPatch, name: str) -> symptoms.Symptom:
    """Return what is found of one thing."""
    monkeypatch.setattr(symptoms, "LOOKS", {name: symptoms.LOOKS[name]})
    (found,) = symptoms.examined()
    return found


def test_all_is_said_in_one_table_and_nothing_is_left_behind(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    status, out = run(monkeypatch, capsys)
    assert status == 0
    assert [line.split()[0] for line in out.splitlines() if not line.startswith(" ")] == [
        name.split()[0] for name in symptoms.LOOKS
    ]
    assert f"{len(manifest())} checkpoints in" in out
    assert f"torch {torch.__version__.partition('+')[0]}" in " ".join(out.split())
    assert not list(tmp_path.iterdir())


def test_the_same_comes_as_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    status, out = run(monkeypatch, capsys, "--json")
    told = json.loads(out)
    assert status == told["status"] == 0
    assert [each["what"] for each in told["findings"]] == list(symptoms.LOOKS)
    assert {each["state"] for each in told["findings"]} <= {"ok", "warning"}


def test_a_damaged_checkpoint_is_a_fault_of_models(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for path in SHIPPED.glob("cnn.digits.*"):
        shutil.copy(path, tmp_path)
    weights = tmp_path / "cnn.digits.1.safetensors"
    weights.write_bytes(read_bytes(weights_path(tmp_path, "cnn.digits.1"))[:-9])
    monkeypatch.setattr(checkpoints, "SHIPPED", tmp_path)
    monkeypatch.setattr(symptoms, "LOOKS", {"weights": symptoms.LOOKS["weights"]})
    status, out = run(monkeypatch, capsys)
    told = " ".join(out.split())
    assert status == 3
    assert told.startswith(f"weights fault 1 of {len(manifest(tmp_path))} in")
    assert "cnn.digits.1.safetensors: expected SHA-256" in told


@pytest.mark.parametrize("kind", ["empty", "gone"])
def test_weights_that_are_not_there_are_a_fault(
    kind: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(checkpoints, "SHIPPED", tmp_path if kind == "empty" else tmp_path / "gone")
    found = only(monkeypatch, "weights")
    assert (found.state, found.exit_code) == ("fault", 3)


def test_reports_that_cannot_be_written_are_a_fault_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("reports").write_text("mine")
    status, out = run(monkeypatch, capsys)
    assert status == 4
    assert "expected a folder that can be written to, got reports" in " ".join(out.split())
    assert Path("reports").read_text() == "mine"


def test_a_look_that_raises_is_a_finding_and_stops_no_other(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def raises() -> tuple[symptoms.State, str]:
        raise OSError("libcudart.so: cannot open shared object file\nsecond line")

    monkeypatch.setattr(symptoms, "LOOKS", {"torch": raises, "python": symptoms.LOOKS["python"]})
    status, out = run(monkeypatch, capsys)
    assert status == 4
    assert out.splitlines()[0].startswith("torch           fault    OSError: libcudart.so")
    assert "python          ok" in out


def test_a_library_that_is_lacking_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(symptoms, "requires", lambda name: ["numpy>=2", "nowhere>1; extra == 'x'"])
    assert only(monkeypatch, "libraries").state == "ok"
    monkeypatch.setattr(symptoms, "requires", lambda name: ["numpy>=2", "no-such<3,>=1"])
    found = only(monkeypatch, "libraries")
    assert (found.state, found.exit_code) == ("fault", 4)
    assert "expected no-such, not installed" in found.text


def test_more_threads_than_cores_are_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "affinity", lambda: 2)
    monkeypatch.setattr(threads, "quota", lambda: 2)
    monkeypatch.setattr(threads, "use_threads", lambda: 8)
    monkeypatch.setenv("OMP_NUM_THREADS", "8")
    found = only(monkeypatch, "cores")
    assert (found.state, found.exit_code) == ("warning", 0)
    assert "2 for this process, threads used: 8, OMP_NUM_THREADS 8" in found.text


def test_little_memory_and_a_full_disk_are_warned_of(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(batches, "free_bytes", lambda device: 2**29)
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda place: usage(2**40, 2**40, 2**20))
    found = {each.what: each for each in symptoms.examined()}
    assert found["memory"].state == found["output"].state == "warning"
    assert "0.5 GiB free" in found["memory"].text


def test_output_that_knows_few_signs_is_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    class Narrow:
        encoding = "iso8859-1"

        def isatty(self) -> bool:
            return False

    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", Narrow())
        found = only(patch, "encoding")
    assert found.state == "warning"
    assert "set PYTHONUTF8=1" in found.text


@pytest.mark.parametrize(("flags", "told"), [("fpu amx_bf16", "by amx_bf16"), ("fpu", "slower")])
def test_units_for_half_precision_are_read_from_the_processors_flags(
    flags: str, told: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "cpuinfo").write_text(f"processor : 0\nflags\t\t: {flags}\n")
    monkeypatch.setattr(symptoms, "_CPU_FACTS", tmp_path / "cpuinfo")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert told in only(monkeypatch, "bf16").text


def test_an_extra_says_how_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(symptoms, "_version", lambda name: "")
    found = only(monkeypatch, "extra timm")
    assert (found.state, found.text) == (
        "ok",
        "timm not installed; for it: pip install 'capsprobe[timm]'",
    )


def test_default_data_that_does_not_load_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(self: object, name: str) -> object:
        raise RuntimeError("no digits")

    monkeypatch.setattr(Registry, "__getitem__", none)
    found = only(monkeypatch, "data")
    assert (found.state, found.exit_code) == ("fault", 4)
    assert "RuntimeError: no digits" in found.text
