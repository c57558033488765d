"""Several trainings of a network of the user's own: a training seed each."""

import json
from pathlib import Path

import pandas as pd
import pytest
import torch
from safetensors.torch import save_file

from tests.cli.calling import answer
from tests.models.own import toys

TOYS = Path(toys.__file__)
MODEL = f"{TOYS}:Linear"


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Return the weights of three trainings of `toys.Linear`, by chance."""
    paths = [tmp_path / f"mine-{seed}.safetensors" for seed in range(3)]
    for seed, path in enumerate(paths):
        drawn = torch.Generator().manual_seed(seed)
        tensors = {
            "layer.weight": torch.randn(10, 784, generator=drawn),
            "layer.bias": torch.zeros(10),
        }
        save_file(tensors, path)
    return paths


@pytest.mark.parametrize("repeated", [False, True])
def test_each_file_is_a_training_seed(repeated, files, monkeypatch, capsys, tmp_path) -> None:
    joined = ("--weights", ",".join(map(str, files)))
    given = [part for path in files for part in ("--weights", path)] if repeated else joined
    asked = ("--model", MODEL, "--limit", 20, "--probe", "affine", "-q", "--jobs", 1)
    status, _, err = answer(
        monkeypatch, capsys, "robustness", *asked, *given, "--output", tmp_path / "run"
    )
    assert status == 0, err
    table = pd.read_csv(tmp_path / "run" / "tables" / "affine.csv")
    assert set(table[table.model == "Linear"].n_seeds) == {3}
    run = json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))
    assert [each["seed"] for each in run["checkpoints"]] == [0, 1, 2]
    assert len({each["weights_sha256"] for each in run["checkpoints"]}) == 3
    # A path of the user's is nobody else's business.
    assert str(tmp_path) not in json.dumps(run["checkpoints"])


def test_what_is_no_set_of_trainings_is_one_line(files, monkeypatch, capsys, tmp_path) -> None:
    twin = tmp_path / "twin.safetensors"
    twin.write_bytes(files[0].read_bytes())
    (tmp_path / "folder").mkdir()
    one = files[0]
    for given, line in [
        (f"{one},{twin}", "got the same in mine-0.safetensors and twin.safetensors"),
        (f"{one},{one}", "--weights: expected each once"),
        (f"{one},{tmp_path}/folder", "got folder among 2"),
        (f"{one},{tmp_path}/none.safetensors", "got none.safetensors among 2"),
    ]:
        status, out, err = answer(
            monkeypatch, capsys, "robustness", "--model", MODEL, "--weights", given
        )
        assert (status, out, err.count("\n")) == (2, "", 1)
        assert line in err


def test_a_seed_chooses_among_them(files, monkeypatch, capsys, tmp_path) -> None:
    asked = ("--model", MODEL, "--weights", ",".join(map(str, files)), "--limit", 4, "--jobs", 1)
    given = (*asked, "--probe", "affine", "-q", "--output", tmp_path / "run")
    status, _, err = answer(monkeypatch, capsys, "robustness", *given, "--seed", 1)
    assert status == 0, err
    run = json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))
    assert [each["seed"] for each in run["checkpoints"]] == [1]
    status, _, err = answer(monkeypatch, capsys, "robustness", *given, "--seed", "1,7")
    assert (status, err.count("\n")) == (3, 1)
    assert "with seed 7" in err


def test_a_folder_of_trainings_is_not_passed_over(files, monkeypatch, capsys, tmp_path) -> None:
    asked = ("--model", MODEL, "--weights", files[0].parent, "--output", tmp_path / "run")
    status, out, err = answer(monkeypatch, capsys, "robustness", *asked)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert "by their names, as in a.safetensors,b.safetensors" in err


def test_two_networks_of_one_name_are_refused_before_the_first_cell(
    monkeypatch, capsys, tmp_path
) -> None:
    names = []
    for place in ("one", "two"):
        (tmp_path / place).mkdir()
        code = (tmp_path / place / "net.py").resolve()
        code.write_text(
            "import torch\n"
            "def net():\n"
            "    torch.manual_seed(0)\n"
            "    return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(784, 10))\n",
            encoding="utf-8",
        )
        names.append(f"{code}:net")
    asked = ("--model", ",".join(names), "--limit", 4, "--output", tmp_path / "run")
    status, out, err = answer(monkeypatch, capsys, "robustness", *asked)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert "expected functions of other names" in err
    assert not (tmp_path / "run" / "cells").exists()
