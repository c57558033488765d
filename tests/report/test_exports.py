import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from capsprobe.report.exports import export_tables, summaries_of, write_csv
from capsprobe.stats.aggregate import aggregate
from capsprobe.stats.paired import differences
from tests.stats.toys import curves, observed

TABLE = curves({"capsnet": 0.95, "cnn": 0.9}, severities=(0.0, 15.0, 30.0))
RUN: dict[str, Any] = {
    "settings": {"dataset": "digits", "limit": 40, "seed": 0},
    "data": {"name": "digits", "classes": 10, "sha256": "ab"},
    "versions": {"capsprobe": "0.1.0"},
    "device": "cpu",
    "probes": {
        "affine": {
            "question": "What does moving cost?",
            "metrics": [{"name": "correct", "lower": 0.0, "upper": 1.0, "unit": "1"}],
            "conditions": [{"name": "rotation", "unit": "deg", "has_clean": True}],
            "settings": {"sizes": [15.0, 30.0]},
        },
        "overlap": {"question": "Two at once?"},
    },
    "cells": [
        {
            "key": f"k{seed}",
            "probe": "affine",
            "part": "rotation",
            "model": "cnn",
            "training_seed": seed,
            "dataset": "digits",
            "state": "done",
            "cause": None,
            "left_out": {"ink would leave the canvas": 3} if seed else {},
        }
        for seed in (0, 1)
    ]
    + [
        {
            "key": "k2",
            "probe": "overlap",
            "part": "overlap",
            "model": "cnn",
            "training_seed": 0,
            "dataset": "digits",
            "state": "failed",
            "cause": "NaN scores",
            "left_out": {},
        }
    ],
}
NUMBERS = ("severity", "estimate", "lower", "upper")
NAMES = ("affine", "overlap", "means", "skill", "differences", "mean-differences")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return export_tables(TABLE, RUN, tmp_path_factory.mktemp("run"))


def test_every_table_is_there_three_times(written: dict[str, Path]) -> None:
    expected = {f"{name}.{ending}" for name in NAMES for ending in ("csv", "parquet", "json")}
    assert set(written) == expected
    assert all(path.parent.name == "tables" and path.is_file() for path in written.values())


def test_csv_and_parquet_hold_the_very_numbers(written: dict[str, Path]) -> None:
    expected = aggregate(TABLE)
    pd.testing.assert_frame_equal(pd.read_parquet(written["affine.parquet"]), expected)
    read = pd.read_csv(written["affine.csv"], converters=dict.fromkeys(NUMBERS, float))
    pd.testing.assert_frame_equal(read, expected, check_exact=True)


def test_derived_tables_name_the_probe_first(written: dict[str, Path]) -> None:
    found = pd.read_parquet(written["differences.parquet"])
    assert found.columns[0] == "probe"
    pd.testing.assert_frame_equal(
        found.drop(columns="probe"), differences(TABLE, [("capsnet", "cnn")])
    )


def test_a_second_call_writes_the_same_bytes(written: dict[str, Path], tmp_path: Path) -> None:
    again = export_tables(TABLE.sample(frac=1.0, random_state=1), RUN, tmp_path)
    for name, path in written.items():
        assert again[name].read_bytes() == path.read_bytes(), name


def test_csv_has_plain_line_ends_and_decimal_points(written: dict[str, Path]) -> None:
    text = written["affine.csv"].read_bytes()
    assert b"\r" not in text
    assert text.endswith(b"\n")
    assert re.search(rb",0\.\d+,0\.\d+,0\.\d+,2,40,bootstrap\n", text)


def test_a_dictionary_explains_each_column_and_says_where_numbers_are_from(
    written: dict[str, Path],
) -> None:
    for name in NAMES:
        about = json.loads(written[f"{name}.json"].read_text(encoding="utf-8"))
        table = pd.read_parquet(written[f"{name}.parquet"])
        assert list(about["columns"]) == list(table.columns)
        assert all(about["columns"].values())
        assert about["rows"] == len(table)
        assert about["versions"] == RUN["versions"]
        assert about["device"] == "cpu"
        assert about["study"] == RUN["settings"]
        assert about["data"]["sha256"] == "ab"


def test_a_probes_dictionary_says_what_was_asked_and_what_was_left_out(
    written: dict[str, Path],
) -> None:
    about = json.loads(written["affine.json"].read_text(encoding="utf-8"))
    for fact in ("question", "metrics", "conditions", "settings"):
        assert about[fact] == RUN["probes"]["affine"][fact]
    assert about["training_seeds"] == [0, 1]
    assert about["left_out"] == [
        {
            "model": "cnn",
            "training_seed": 1,
            "dataset": "digits",
            "part": "rotation",
            "reason": "ink would leave the canvas",
            "count": 3,
        }
    ]
    assert about["failed"] == []


def test_a_probe_that_yielded_nothing_has_a_table_without_rows(written: dict[str, Path]) -> None:
    assert pd.read_csv(written["overlap.csv"]).empty
    about = json.loads(written["overlap.json"].read_text(encoding="utf-8"))
    assert [cell["cause"] for cell in about["failed"]] == ["NaN scores"]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t"])
def test_a_spreadsheet_gets_no_formula(start: str, tmp_path: Path) -> None:
    name = f"{start}cmd()"
    written = export_tables(observed(np.ones(3), model=name), {}, tmp_path)
    cells = pd.read_csv(written["affine.csv"], keep_default_na=False)
    assert cells.loc[0, "model"] == f"'{name}"
    assert pd.read_parquet(written["affine.parquet"]).loc[0, "model"] == name


@pytest.mark.parametrize(
    "name", ["<script>", "a,b", 'say "so"', "two\nlines", "数字 🎲", "x" * 300]
)
def test_odd_names_come_back_from_csv_as_they_were(name: str, tmp_path: Path) -> None:
    table = pd.DataFrame({"model": [name], "severity": [-0.4]})
    write_csv(table, tmp_path / "odd.csv")
    read = pd.read_csv(tmp_path / "odd.csv")
    assert read.loc[0, "model"] == name
    assert read.loc[0, "severity"] == -0.4


def test_no_observations_and_no_probes_write_nothing(tmp_path: Path) -> None:
    assert not export_tables(pd.DataFrame(columns=TABLE.columns), {}, tmp_path)


def test_many_models_are_paired_with_the_first_alone() -> None:
    models = [f"m{index:02}" for index in range(14)]
    table = pd.concat([observed(np.arange(5) % 2, model=model) for model in models])
    found = summaries_of(table, {})["affine"].differences
    assert set(found["model_a"]) == {"m00"}
    assert found["model_b"].tolist() == models[1:]


def test_models_do_not_differ_by_what_a_run_calls_a_null() -> None:
    nulls = [{"name": "correct", "null": False}, {"name": "correct_shuffled", "null": True}]
    table = pd.concat([TABLE, TABLE.assign(metric="correct_shuffled")])
    found = summaries_of(table, {"probes": {"affine": {"metrics": nulls}}})["affine"]
    assert set(found.differences["metric"]) == {"correct"}
    assert set(summaries_of(table, {})["affine"].differences["metric"]) == {
        "correct",
        "correct_shuffled",
    }


def test_an_error_leaves_the_old_table(
    written: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written["affine.csv"]
    before = path.read_bytes()

    def fail(*_args: object, **_settings: object) -> str:
        raise OSError("no space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_csv", fail)
    with pytest.raises(OSError, match="no space"):
        write_csv(TABLE, path)
    assert path.read_bytes() == before
