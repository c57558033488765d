"""`capsprobe factorial`: what it says ahead, what it refuses, and a small one from end to end."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from capsprobe.cli import components
from capsprobe.study import Settings
from capsprobe.study.components import Trained
from capsprobe.study.running import Outcome, plan_study
from capsprobe.training.plan import Plan
from tests.cli.calling import call

Ask = Callable[..., tuple[int, str, str]]


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ask:
    """Exit status, stdout and stderr of a command."""

    def asked(*arguments: object) -> tuple[int, str, str]:
        status = call(monkeypatch, "factorial", *arguments)
        return status, *capsys.readouterr()

    return asked


def test_what_would_be_trained_is_told_ahead(ask: Ask, tmp_path: Path) -> None:
    status, out, _ = ask("--dry-run", "--seed", "0,4", "--output", tmp_path / "f")
    assert status == 0
    lines = out.splitlines()
    assert lines[-1] == "64 networks, 0 of them trained, 50 epochs each"
    assert "capsnet-shared-uniform cross-entropy without decoder seed 4" in lines
    assert not (tmp_path / "f").exists()


@pytest.mark.parametrize(
    ("arguments", "status", "line"),
    [
        (("--dataset", "digits-pairs"), 2, "--dataset: expected a base dataset, got digits-pairs"),
        (("--dataset", "digit"), 2, "digits"),
        (("--epochs", "0"), 2, "--epochs: expected 1 to 10000, got 0"),
        (("--limit", "0"), 2, "--limit: expected at least 1 image, got 0"),
        (("--seed", "1,1"), 2, "each once, got 1,1"),
        (("--seed", "-1"), 2, "from 0 on"),
        (("--seed", "x"), 2, "--seed: expected whole numbers, got x"),
        (("--jobs", "0"), 2, "--jobs: expected 1 to 1024 processes, got 0"),
        (("--device", "cuda:77"), 4, "cuda:77"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_line(
    ask: Ask, tmp_path: Path, arguments: tuple[str, ...], status: int, line: str
) -> None:
    found, out, err = ask(*arguments, "--output", tmp_path / "f")
    assert (found, out) == (status, "")
    assert line in err and len(err.strip().splitlines()) == 1


def test_an_interrupted_one_says_how_it_goes_on(
    ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*given: object, **named: object) -> object:
        raise KeyboardInterrupt

    monkeypatch.setattr(components, "train_all", stopped)
    status, _, err = ask("--output", tmp_path / "f")
    assert status == 130 and "interrupted; to resume: python -m capsprobe" in err


def test_an_interruption_while_measuring_starts_no_other_recipe(
    ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    plan = plan_study(Settings(models=("cnn",), probes=("affine",), training_seeds=(0,), limit=2))
    plan.images = replace(plan.images, notes=("some are blank",))

    def interrupted(settings: Settings, folder: Path, **named: object) -> Outcome:
        asked.append(folder.name)
        return replace(plan, interrupted=True, set_aside=["cells/a.parquet: damaged"])

    monkeypatch.setattr(components, "train_all", lambda *given, **named: iter(()))
    monkeypatch.setattr(components, "plan_study", lambda settings: plan)
    monkeypatch.setattr(components, "run_study", interrupted)
    monkeypatch.setattr(components, "record", lambda *given, **named: {})
    monkeypatch.setattr(components, "write_record", lambda *given: None)
    status, out, err = ask("--output", tmp_path)
    assert (status, out, asked) == (130, "", ["margin-decoder"])
    assert "note: some are blank" in err and "warning: cells/a.parquet: damaged" in err
    assert "interrupted; to resume: python -m capsprobe factorial" in err


def test_a_training_that_failed_is_told_and_makes_the_status_1(
    ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(plans: list[Plan], **named: object) -> Iterator[Trained]:
        yield Trained(plan=plans[0], cause="expected a finite loss in epoch 3, got nan")

    done = SimpleNamespace(interrupted=False, count=lambda state: 0)
    found = SimpleNamespace(effects=[1] * 25, shown=[], dropped=())
    monkeypatch.setattr(components, "train_all", failing)
    monkeypatch.setattr(components, "_measured", lambda *given: [done])
    monkeypatch.setattr(components, "analyse", lambda folder: found)
    monkeypatch.setattr(components, "write_factorial", lambda *given, **named: tmp_path / "p")
    status, _, err = ask("--output", tmp_path, "-q")
    assert status == 1
    line = "failed: capsnet, margin, with decoder, seed 0: expected a finite loss in epoch 3, got"
    assert line in err


@pytest.mark.slow
def test_a_small_one_from_end_to_end_and_again(ask: Ask, tmp_path: Path) -> None:
    asked = ("--epochs", "1", "--seed", "0,1", "--limit", "12", "--json")
    status, out, err = ask(*asked, "--output", tmp_path)
    assert status == 0, err
    told = json.loads(out)
    assert told["effects"] == 25 and "trained 64/64" in err
    page = Path(told["report"]).read_bytes()
    effects = pd.read_csv(tmp_path / "tables" / "effects.csv")
    assert set(effects["n_seeds"]) == {2} and effects["estimate"].between(-1, 1).all()
    # Nothing is trained or measured again.
    status, out, err = ask(*asked, "--output", tmp_path)
    assert status == 0 and "trained" not in err
    assert Path(json.loads(out)["report"]).read_bytes() == page
