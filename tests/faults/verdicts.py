"""What may be concluded, how large a page gets, and what was changed since: 16 to 18, 23 to 25."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

import capsprobe
from capsprobe.claims.base import claims
from capsprobe.claims.judge import judge
from capsprobe.probes.affine import Affine
from tests.claims.recorded import planted
from tests.faults.runs import CELLS, cells, facts, states, tables
from tests.faults.table import TOYS, Bench, Told, row
from tests.report.compare import folders

DONE = Told(status=0, out="", err="")


def page(run: Path) -> str:
    text = (run / "index.html").read_text(encoding="utf-8")
    return " ".join(re.sub(r"<[^>]*>", " ", text).split())


@row(16, "--limit 1", status=0, line="4 done")
def one_image(bench: Bench) -> Told:
    told = bench.run(bench.home / "run", "--limit", 1)
    table = pd.read_csv(bench.home / "run" / "tables" / "affine.csv")
    assert (table["n_units"] <= 1).all()
    assert ((table["upper"] - table["lower"]) > 0.5).all()
    return told


def turned(images: int, right: dict[str, float]) -> pd.DataFrame:
    """Return the affine probe's rows of models that are right so often, always the same."""
    rows = [
        {"model": model, "training_seed": seed, "severity": severity, "unit_id": image}
        | {"value": float(image < share * images)}
        for model, share in right.items()
        for seed in (0, 1)
        for severity in (0.0, 15.0, 30.0)
        for image in range(images)
    ]
    fixed = {"probe": "affine", "dataset": "digits", "condition": "rotation"}
    return pd.DataFrame(rows).assign(**fixed, unit="image", metric="correct")


def verdicts(observations: pd.DataFrame) -> dict[str, str]:
    return {each.claim.id: each.word for each in judge(observations, dataset="digits")}


@row(16, "verdicts from one image, all right: no variance", status=0)
def judged_by_one(bench: Bench) -> Told:
    claim = claims["robustness"]
    (found,) = judge(planted([claim], {}, units=1, spread=0.0), dataset="digits", claims=[claim])
    assert found.word == "undecided"
    assert "too few to decide by: 1 images" in str(found.findings[0].doubt)
    assert np.isfinite(found.findings[0].estimate)
    alike = verdicts(turned(1, {"capsnet": 1.0, "cnn": 1.0, "senet": 1.0}))
    assert set(alike.values()) == {"not tested"}
    return DONE


@row(17, "all cells fail", status=1, line=f"{CELLS} failed")
def all_fail(bench: Bench) -> Told:
    def fails(*given: Any) -> None:
        raise ValueError("no light")

    bench.patch.setattr(Affine, "measure", fails)
    told = bench.run(bench.home / "run")
    assert states(bench.home / "run") == ["failed"] * CELLS
    assert "ValueError: no light" in page(bench.home / "run")
    return told


@row(17, "clean accuracy at chance", status=0, line="4 done")
def at_chance(bench: Bench) -> Told:
    few = ("--probe", "affine", "--limit", 50, "--jobs", 1, "--output", bench.home / "run")
    told = bench.call("robustness", "--model", f"{TOYS}:Linear", *few)
    assert "chance" in page(bench.home / "run")
    found = verdicts(turned(100, {"capsnet": 0.1, "cnn": 0.1, "senet": 0.1}))
    assert set(found.values()) == {"not tested"}
    return told


@row(18, "gradients that are zero", status=0, line="done")
def masked(bench: Bench) -> Told:
    (bench.home / "c.toml").write_text(
        "[probe.adversarial]\nlinf = [0.0, 0.05]\nl2 = [0.0, 1.0]\nsteps = 2\nqueries = 2\n"
        "[probe.strength]\nsteps = 2\nqueries = 2\ndraws = 1\n"
    )
    told = bench.call(
        *("robustness", "--model", f"{TOYS}:Rounded", "--probe", "adversarial,strength"),
        *("--limit", 2, "--jobs", 1, "--config", "c.toml", "--output", bench.home / "run"),
    )
    assert "robustness not shown" in page(bench.home / "run").lower()
    lights = pd.read_csv(bench.home / "run" / "tables" / "lights.csv")
    assert "failed" in set(lights[lights["light"] == "gradient"]["state"])
    return told


@row(23, "a report of a hundred models and 10^5 rows", status=0)
def large(bench: Bench) -> Told:
    rng = np.random.default_rng(0)
    one = folders.observed(models=("capsnet",), seeds=1)
    many = [
        one.assign(model=f"net-{number}", value=rng.integers(0, 2, len(one)).astype(float))
        for number in range(100)
    ]
    table = pd.concat(many, ignore_index=True)
    twice = pd.concat([table, table.assign(condition="scale")], ignore_index=True)
    assert len(twice) >= 100_000
    run = folders.kept(bench.home / "run", twice, folders.facts())
    told = bench.call("report", run)
    assert (run / "index.html").stat().st_size < 2_000_000
    assert "first 8 of 100 models" in page(run)
    return told


def edited(path: Path, change: Any) -> None:
    """Change a cell's rows as another program would, its facts kept."""
    metadata = pq.read_schema(path).metadata
    table = pa.Table.from_pandas(change(pd.read_parquet(path)), preserve_index=False)
    pq.write_table(table.replace_schema_metadata(metadata), path)


@row(23, "a column is missing", status=0)
def missing_column(bench: Bench) -> Told:
    run = bench.copy()
    edited(cells(run)[0], lambda rows: rows.drop(columns="severity"))
    told = bench.call("report", run)
    assert "partial run" in page(run) and "its part cannot be used" in page(run)
    return told


@row(24, "another version than the run began with", status=0, line="4 done")
def another_version(bench: Bench) -> Told:
    run, before = bench.copy(), facts(bench.finished)
    bench.patch.setattr(capsprobe, "__version__", "99.0")
    told = bench.run(run)
    assert facts(run)["versions"] != before["versions"]
    assert not {each["key"] for each in facts(run)["cells"]} & {c["key"] for c in before["cells"]}
    assert "99.0" in page(run)
    return told


@row(25, "a cell's numbers are edited", status=0)
def edited_cell(bench: Bench) -> Told:
    run = bench.copy()
    edited(cells(run)[0], lambda rows: rows.assign(value=1.0 - rows["value"]))
    told = bench.call("report", run)
    assert "expected rows of hash" in page(run)
    return told


@row(25, "a table is edited", status=0, line="4 cached")
def edited_table(bench: Bench) -> Told:
    run = bench.copy()
    path = run / "tables" / "affine.csv"
    path.write_text(path.read_text().replace("0.", "1."))
    told = bench.run(run)
    assert tables(run) == tables(bench.finished)
    return told


@row(25, "run.json is edited", status=0)
def edited_record(bench: Bench) -> Told:
    run = bench.copy()
    known = facts(run)
    known["cells"][0]["row_hash"] = "0" * 64
    (run / "run.json").write_text(json.dumps(known))
    told = bench.call("report", run)
    assert "run.json says rows of hash 000000000000, got" in page(run)
    return told


@row(25, "run.json is edited so that it is none", status=3, line="expected the record of a run")
def spoilt_record(bench: Bench) -> Told:
    run = bench.copy()
    known = facts(run)
    changes = {"settings": 3, "data": None, "versions": [3], "probes": {"affine": 3}}
    for name, value in {**changes, "checkpoints": [3], "set_aside": None}.items():
        (run / "run.json").write_text(json.dumps({**known, name: value}))
        assert bench.call("report", run).status == 3
    return bench.call("report", run)
