"""Images from a file of the user's own, through the commands as a user types them."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits

from tests.cli.calling import answer
from tests.data.own.filed import forgotten


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return a folder with four classes of digits in it, as grey levels with room around them."""
    held = load_digits()
    few = held.target < 4
    levels = np.pad(held.images[few] * 15.9, ((0, 0), (4, 4), (4, 4))).astype(np.uint8)
    np.savez(tmp_path / "Four Digits.npz", images=levels, labels=held.target[few])
    np.savez(tmp_path / "bad.npz", images=levels, labels=held.target[few] + 1)
    np.savez(tmp_path / "ten.npz", x_test=held.images[:40] * 15.9, y_test=held.target[:40])
    monkeypatch.chdir(tmp_path)
    with forgotten():
        yield tmp_path


def test_a_model_is_trained_on_them_and_examined(here, monkeypatch, capsys) -> None:
    asked = ("--dataset", "Four Digits.npz")
    training = ("train", "cnn", *asked, "--epochs", 1, "--batch-size", 64, "--output", "held")
    assert answer(monkeypatch, capsys, *training, "-q")[0] == 0
    assert (here / "held" / "cnn.four-digits.0.safetensors").is_file()
    measuring = ("robustness", *asked, "--weights", "held", "--limit", 8)
    status, out, err = answer(
        monkeypatch, capsys, *measuring, "--probe", "affine,spatial", "--jobs", 1
    )
    assert status == 0
    assert "note: sizes are fitted to 28x28" in err
    assert out == "reports/robustness-four-digits/index.html\n"
    table = pd.read_csv(here / "reports/robustness-four-digits/tables/affine.csv")
    assert set(table.dataset) == {"four-digits"}
    facts = json.loads((here / "reports/robustness-four-digits/run.json").read_text())
    assert facts["data"]["classes"] == 4
    assert str(here) not in json.dumps(facts)
    assert (
        "sizes are fitted to 28x28"
        in (here / "reports/robustness-four-digits/index.html").read_text()
    )


def test_shipped_checkpoints_are_put_to_them(here, monkeypatch, capsys) -> None:
    asked = ("--dataset", "ten.npz", "--trained-on", "digits", "--model", "cnn", "--seed", 0)
    status, out, _ = answer(
        monkeypatch, capsys, "robustness", *asked, "--probe", "affine", "--jobs", 1, "-q"
    )
    assert status == 0
    table = pd.read_csv(here / "reports/robustness-ten/tables/affine.csv")
    assert set(table.dataset) == {"ten"}


@pytest.mark.parametrize(
    ("arguments", "status", "line"),
    [
        (("robustness", "--dataset", "bad.npz"), 3, "expected labels from 0 on, got 1..4"),
        (("robustness", "--dataset", "Four Digits.npz"), 3, "train one with `capsprobe train"),
        (("robustness", "--dataset", "none.npz"), 3, "none.npz: cannot be read"),
        (("robustness", "--dataset", "none.py:images"), 3, "expected a file, got none.py"),
        (("robustness", "--dataset", "Four Digits.npz", "--trained-on", "digits"), 3, "expected a"),
        (
            ("train", "cnn", "--dataset", "ten.npz", "-q"),
            3,
            "expected arrays images and labels, or x_tr",
        ),
        (("robustness", "--dataset", "digit"), 2, "Did you mean 'digits'?"),
    ],
)
def test_what_cannot_be_is_one_line(here, arguments, status, line, monkeypatch, capsys) -> None:
    found, out, err = answer(monkeypatch, capsys, *arguments)
    assert (found, out) == (status, "")
    assert line in err and err.count("\n") == 1
    assert not (here / "reports").exists()
