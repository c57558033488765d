"""One line and the right exit code for whatever a user can cause; never a traceback."""

import gzip
import shutil
from pathlib import Path

import pytest

from capsprobe.models.checkpoints import SHIPPED
from capsprobe.models.packing import read_bytes, weights_path
from tests.cli.calling import call

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        ("robustnes", 2, "robustness"),
        ("robustness --model capsnett", 2, "Did you mean 'capsnet'?"),
        ("robustness --dataset mnits", 2, "Did you mean 'mnist'?"),
        ("robustness --probe afine", 2, "Did you mean 'affine'?"),
        ("robustness --limit 0", 2, "--limit: expected 1 or more, got 0\n"),
        ("robustness --limit -1", 2, "--limit: expected 1 or more, got -1\n"),
        ("robustness --limit many", 2, "--limit"),
        ("robustness --seed 0,0", 2, "--seed: expected each once, got 0 twice\n"),
        ("robustness --probe affine,affine", 2, "expected each once, got affine twice\n"),
        ("robustness --probe affine --budget quick", 2, "attacks with --budget, got affine\n"),
        ("robustness --probe affine,spatial --eps 0.1", 2, "--eps, got affine, spatial\n"),
        ("robustness --probe corruption --dtype bf16", 2, "--dtype, got corruption\n"),
        ("robustness --probe afine --budget quick", 2, "Did you mean 'affine'?"),
        ("robustness --dry-run --jobs x", 2, "--jobs: expected auto or a whole number, got 'x'\n"),
        ("robustness --dry-run --jobs 0", 2, "--jobs: expected 1 to 1024 processes, got 0\n"),
        ("robustness --seed one", 2, "--seed"),
        ("robustness --seed 77", 3, "seed 77"),
        ("robustness --eps 1.5", 2, "1.5"),
        ("robustness --eps -0.1", 2, "-0.1"),
        ("robustness --eps small", 2, "--eps"),
        ("robustness --device cuda:77", 4, "cpu"),
        ("robustness --device tpu", 4, "cpu"),
        ("robustness --batch-size 0", 2, "--batch-size: expected 1 to 65536, got 0\n"),
        ("robustness --batch-size all", 2, "expected auto or a whole number, got 'all'"),
        ("robustness --routing unifrom", 2, "Did you mean 'uniform'?"),
        ("robustness --iterations 0", 2, "--iterations: expected 1 to 100, got 0\n"),
        ("robustness --iterations 1000", 2, "--iterations: expected 1 to 100, got 1000\n"),
        ("robustness --iterations many", 2, "--iterations"),
        ("robustness --model cnn --routing uniform", 2, "a model with routing, got cnn"),
        ("robustness --model se-head,capsnet --routing em", 2, "with routing, got se-head"),
        ("robustness --model senet --iterations 5", 2, "--iterations: expected a model with"),
        ("robustness --dtype fp16", 2, "Did you mean 'bf16'?"),
        ("robustness --unknown", 2, "--unknown"),
        ("robustness --config nowhere.toml", 2, "--config"),
        ("robustness --weights nowhere", 3, "nowhere"),
        ("robustness --seed 0,99", 3, "seed 99"),
        ("robustness --model ,", 2, "--model"),
        ("robustness --dataset mnist --data-dir nowhere", 3, "nowhere"),
        ("routing --model cnn", 2, "a model with gates or votes that are routed, got cnn\n"),
        ("routing --probe routing --model senet", 2, "votes that are routed, got senet"),
        ("routing --probe routing --model capsnet,se-head", 2, "routed, got se-head"),
        ("routing --probe routng", 2, "Did you mean 'routing'?"),
        ("routing --iterations 0", 2, "expected 1 to 100 routing iterations, got 0"),
        ("routing --iterations 1000", 2, "expected 1 to 100 routing iterations, got 1000"),
        ("routing --iterations many", 2, "--iterations"),
        ("routing --limit 0", 2, "--limit: expected 1 or more, got 0\n"),
        ("routing --dataset digits-pairs", 2, "digits-pairs"),
        ("report nowhere", 3, "run.json"),
        ("train capsnett", 2, "Did you mean 'capsnet'?"),
        ("train capsnet --epochs 0", 2, "--epochs: expected 1 to 10000, got 0\n"),
        ("train capsnet --loss marginal", 2, "--loss: expected 'margin' or 'cross-entropy', got"),
        ("train capsnet --learning-rate 0", 2, "expected more than 0 and up to 1, got 0.0\n"),
        ("train capsnet --adversarial 2", 2, "--adversarial: expected 0 to 1, got 2.0\n"),
        ("train capsnet --start nowhere/cnn.digits.0.safetensors", 3, "no checkpoint"),
        ("train capsnet --device cuda:77", 4, "cpu"),
        ("ls model", 2, "Did you mean 'models'?"),
    ],
)
def test_mistake_gets_one_line_and_its_code(
    arguments: str,
    status: int,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert call(monkeypatch, *arguments.split()) == status
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("capsprobe: ")
    assert err.count("\n") == 1
    assert words in err
    assert not list(tmp_path.iterdir())


def test_verbose_shows_the_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "train", "capsnett", "-v") == 2
    assert "Traceback" in capsys.readouterr().err


def test_unknown_attack_in_the_configuration_names_the_known_settings(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "c.toml"
    config.write_text("[probe.adversarial]\nstepps = 3\n")
    assert call(monkeypatch, "robustness", "--config", str(config)) == 2
    assert "Did you mean 'steps'?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("probe = 3", "expected tables [probe.NAME]"),
        ("[probe]\naffine = 3", "expected tables [probe.NAME]"),
        ("[probe.detection]\nlimit = 0", "limit"),
        ("[probe.gate]\nlimits = 1", "limit"),
    ],
)
def test_a_configuration_is_checked_also_for_probes_that_are_not_run(
    content: str,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    config = tmp_path / "c.toml"
    config.write_text(content)
    assert call(monkeypatch, "robustness", "--dry-run", "--config", str(config)) == 2
    told = capsys.readouterr().err
    assert words in told and told.count("\n") == 1


@pytest.mark.parametrize("kind", ["file", "read-only"])
def test_output_that_cannot_be_written_is_refused_at_once(
    kind: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "run"
    if kind == "file":
        output.write_text("mine")
    else:
        # Root may write anywhere but into the kernel's own file system.
        output = Path("/proc/run")
    assert call(monkeypatch, "robustness", "--output", str(output), "--limit", "2") == 4
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert str(output) in err


@pytest.mark.parametrize("damage", ["cut", "flipped"])
def test_damaged_checkpoint_is_refused(
    damage: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "weights"
    folder.mkdir()
    for model in ("capsnet", "cnn"):
        for path in SHIPPED.glob(f"{model}.digits.0.*"):
            shutil.copy(path, folder)
    weights = folder / "cnn.digits.0.safetensors"
    content = bytearray(read_bytes(weights_path(folder, "cnn.digits.0")))
    content[-7] ^= 0x10
    weights.write_bytes(content[:-100] if damage == "cut" else content)
    assert call(monkeypatch, *f"robustness --weights {folder} --output {tmp_path}/run".split()) == 3
    err = capsys.readouterr().err
    assert "SHA-256" in err
    assert err.count("\n") == 1
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("damage", ["cut", "flipped"])
def test_damaged_idx_file_is_refused(
    damage: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    header = bytes([0, 0, 8, 3]) + b"".join(n.to_bytes(4, "big") for n in (10_000, 28, 28))
    content = header + bytes(10_000 * 784)
    path = tmp_path / "t10k-images-idx3-ubyte.gz"
    whole = gzip.compress(content, 1, mtime=0)
    path.write_bytes(whole[:1000] if damage == "cut" else whole)
    status = call(monkeypatch, "robustness", "--dataset", "mnist", "--data-dir", str(tmp_path))
    err = capsys.readouterr().err
    assert status == 3
    assert "t10k-images-idx3-ubyte.gz" in err
    assert err.count("\n") == 1


def test_checkpoint_that_is_there_is_not_trained_over(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in SHIPPED.glob("cnn.digits.0.*"):
        shutil.copy(path, tmp_path)
    assert call(monkeypatch, "train", "cnn", "--output", str(tmp_path)) == 2
    assert "already" in capsys.readouterr().err


@pytest.mark.parametrize("content", ["", "[]", '{"schema": 1}', '{"schema": 1, "cells": [{}]}'])
def test_record_of_no_run_is_refused(
    content: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "run.json").write_text(content)
    assert call(monkeypatch, "report", str(tmp_path)) == 3
    assert capsys.readouterr().err.count("\n") == 1
