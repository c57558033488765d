"""What the commands print, and that help is quick to come."""

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from capsprobe.cli import main, measuring
from capsprobe.models.checkpoints import manifest
from capsprobe.report import render
from capsprobe.study import Settings, run_study, running
from capsprobe.study.examining import Examined
from capsprobe.study.grid import Cell
from capsprobe.study.store import Store
from tests.report.compare.folders import facts, kept, observed

ROOT = Path(__file__).parents[2]


def printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str
) -> str:
    """Run the command line in this process; return what it wrote to stdout."""
    monkeypatch.setattr(sys, "argv", ["capsprobe", *arguments])
    with pytest.raises(SystemExit) as stop:
        main()
    out, err = capsys.readouterr()
    assert not stop.value.code, err
    return out


def test_models_are_listed_with_their_checkpoints(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = json.loads(printed(monkeypatch, capsys, "ls", "models", "--json"))
    shipped = {(entry.model, entry.dataset, entry.seed) for entry in manifest()}
    assert shipped <= {(row["model"], row["dataset"], row["seed"]) for row in rows}


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("datasets", "digits-pairs"),
        ("probes", "affine"),
        ("attacks", "pgd"),
        ("routings", "dynamic"),
    ],
)
def test_every_kind_is_listed(
    kind: str, name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert name in printed(monkeypatch, capsys, "ls", kind)


def test_without_arguments_there_is_help(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told = printed(monkeypatch, capsys)
    assert told == printed(monkeypatch, capsys, "--help")
    assert told.splitlines()[0].startswith("Usage: capsprobe")


def test_training_prints_where_the_checkpoint_lies(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    arguments = f"train cnn --epochs 1 -q --json --output {tmp_path}".split()
    facts = json.loads(printed(monkeypatch, capsys, *arguments))
    assert Path(facts["weights"]).is_file()
    assert facts["recipe"]["epochs"] == 1


def test_dry_run_writes_nothing_and_names_every_cell(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    out = printed(monkeypatch, capsys, "robustness", "--dry-run", "--model", "cnn", "--seed", "0")
    assert "affine/rotation cnn digits seed 0" in out
    assert "adversarial, budget quick (chosen): " in out and "adversarial, budget strong: " in out
    assert "adversarial leaves out linf square: 40 of 5000 queries" in out
    assert not list(tmp_path.iterdir())


def test_robustness_on_a_few_images_writes_a_whole_run_folder(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder, few = tmp_path / "run", tmp_path / "few.toml"
    few.write_text("[probe.strength]\nlimit = 2\n")
    arguments = f"robustness --model capsnet,cnn --limit 4 --seed 0 -q --output {folder}".split()
    out = printed(monkeypatch, capsys, *arguments, "--config", str(few))
    assert out.strip() == str(folder / "index.html")
    assert (folder / "run.json").is_file()
    for probe in ("affine", "adversarial", "corruption", "overlap", "spatial"):
        assert (folder / "tables" / f"{probe}.csv").is_file()
        assert (folder / "tables" / f"{probe}.parquet").is_file()
    settings = json.loads((folder / "run.json").read_text())["probes"]
    assert [settings[probe]["settings"]["limit"] for probe in ("adversarial", "spatial")] == [4, 4]
    assert list((folder / "figures").glob("*.svg"))
    assert (folder / "index.html").stat().st_size < 2_000_000


def test_what_is_finished_is_not_computed_again_and_fresh_it_comes_out_the_same(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    asked = "--model capsnet,cnn --probe affine,adversarial,overlap --eps 0.1 --limit 3 --seed 0"
    arguments = ["robustness", *asked.split(), "-q", "--output", str(folder)]
    printed(monkeypatch, capsys, *arguments)
    before = {path: path.read_bytes() for path in folder.glob("*/*.[cs][sv][vg]")}
    assert len(before) > 10
    table = folder / "tables" / "affine.csv"
    table.write_text(table.read_text() + "edited")
    again = json.loads(printed(monkeypatch, capsys, *arguments, "--json"))
    assert again["cells"]["done"] == 0
    assert {path: path.read_bytes() for path in before} == before
    for path in before:
        path.unlink()
    printed(monkeypatch, capsys, *arguments, "--fresh")
    assert {path: path.read_bytes() for path in before} == before


def test_a_report_is_written_again_where_another_run_finished_cells_meanwhile(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    settings = Settings(models=("cnn",), training_seeds=(0,), probes=("affine",), limit=3)
    partial: list[bool] = []

    def rendered(given: Path) -> Path:
        partial.append(json.loads((given / "run.json").read_text())["partial"])
        if len(partial) == 1:
            run_study(settings, given)
        return render(given)

    def interrupted(store: Store, cell: Cell, found: Examined) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(measuring, "render", rendered)
    with monkeypatch.context() as patch:
        patch.setattr(running, "_kept", interrupted)
        plan = running.plan_study(settings)
        outcome = run_study(settings, folder, plan=plan)
    assert outcome.count("missing") == len(outcome.cells)
    request = measuring.Request(
        settings=settings,
        folder=folder,
        title="",
        command="",
        fresh=False,
        as_json=False,
        quiet=True,
    )
    measuring._report(request, outcome)
    assert partial == [True, False]
    facts = json.loads((folder / "run.json").read_text())
    assert {cell["state"] for cell in facts["cells"]} == {"cached"}
    assert facts["outputs"]


def test_heads_that_differ_in_their_routing_alone_are_robust_only_where_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    usual = printed(monkeypatch, capsys, "robustness", "--dry-run")
    assert "capsnet digits seed 2" in usual and "capsnet-em" not in usual
    named = printed(monkeypatch, capsys, "robustness", "--dry-run", "--model", "capsnet-em")
    assert "capsnet-em digits seed 2" in named


def test_a_swapped_routing_is_told_in_tables_and_report(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    arguments = f"robustness --probe affine --model capsnet --limit 4 --seed 0 -q --output {folder}"
    printed(monkeypatch, capsys, *arguments.split(), "--routing", "uniform", "--iterations", "2")
    name = "capsnet+uniform-2"
    assert name in (folder / "tables" / "affine.csv").read_text()
    assert name in (folder / "index.html").read_text()
    # Under its own name stands only how it left training.
    assert "capsnet," not in (folder / "tables" / "affine.csv").read_text()


def test_help_imports_neither_torch_nor_pandas() -> None:
    code = (
        "import sys; sys.argv = ['capsprobe', '--help']\n"
        "from capsprobe.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "heavy = {'torch', 'pandas', 'numpy', 'matplotlib'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "robustness" in done.stdout


def test_report_imports_no_torch_and_no_judge(tmp_path: Path) -> None:
    folder = kept(tmp_path / "run", observed(), facts())
    code = (
        f"import sys; sys.argv = ['capsprobe', 'report', {str(folder)!r}]\n"
        "from capsprobe.cli import main\n"
        "try:\n    main()\nexcept SystemExit as stop:\n    assert not stop.code, stop.code\n"
        "heavy = {'torch', 'statsmodels'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == 0, done.stderr
    assert (folder / "index.html").is_file()


def test_routing_on_a_few_images_writes_every_quantity(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    arguments = f"routing --limit 12 --seed 0 --iterations 3 -q --output {folder}".split()
    out = printed(monkeypatch, capsys, *arguments)
    assert out.strip() == str(folder / "index.html")
    table = pd.read_csv(folder / "tables" / "routing.csv")
    assert set(table["severity"]) <= {1.0, 2.0, 3.0}
    assert {"ari", "ami_shuffled", "cosine", "inertia", "kl_objective", "js_between"} <= set(
        table["metric"]
    )
    assert "predicted" not in set(table["metric"])
    pairs = table[table["condition"] == "swap/dynamic/uniform"]
    assert set(pairs["metric"]) <= {"cohen_kappa", "same_prediction"}
    assert not pairs.empty
    gates = pd.read_parquet(folder / "tables" / "gate.parquet")
    assert {"capsnet", "senet", "se-head"} <= set(gates["model"])
    assert "cnn" not in set(gates["model"]) | set(table["model"])
