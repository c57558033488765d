"""Parts on disk: what is written is what is read, and nothing else is taken for it."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capsprobe import parts
from capsprobe.faults import DataFault
from capsprobe.parts import Damaged, read_cells, read_part, write_part
from capsprobe.tables import (
    CORRECT,
    PROBE_COLUMNS,
    SAMPLE_COLUMNS,
    TRACE_COLUMNS,
    Measurement,
    observe,
)


def rows(count: int = 5, condition: str = "rotation") -> pd.DataFrame:
    return observe(
        condition=condition,
        severity=15.0,
        unit="image",
        unit_ids=np.arange(count),
        metric=CORRECT,
        values=np.arange(count) % 2,
    )


def samples() -> pd.DataFrame:
    picture = [0, 128, 255, 7]
    row = ("rotation", 15.0, 3, "7", "7", "1", 2, 2, picture, picture[::-1])
    return pd.DataFrame([row], columns=list(SAMPLE_COLUMNS))


def test_a_part_is_read_as_it_was_written(tmp_path: Path) -> None:
    measurement = Measurement(observations=rows(), samples=samples(), left_out={"cut": 2})
    written = write_part(tmp_path / "a.parquet", "label", measurement, seconds=1.25)
    read = read_part(tmp_path / "a.parquet")
    assert read.row_hash == written.row_hash
    assert read.seconds == 1.25
    assert read.measurement.left_out == {"cut": 2}
    texts = dict.fromkeys(("condition", "unit", "metric"), "object")
    pd.testing.assert_frame_equal(read.measurement.observations.astype(texts), rows().astype(texts))
    pd.testing.assert_frame_equal(read.measurement.samples, samples())


def test_traces_are_read_as_they_were_written(tmp_path: Path) -> None:
    row = ("rounds", 3.0, 7, "1", "coefficients", 2, 2, [0.25, 0.75, 1.0, 1e-7])
    traces = pd.DataFrame([row], columns=list(TRACE_COLUMNS))
    write_part(
        tmp_path / "a.parquet", "x", Measurement(observations=rows(), traces=traces), seconds=0.0
    )
    pd.testing.assert_frame_equal(read_part(tmp_path / "a.parquet").measurement.traces, traces)


def test_a_part_of_an_older_version_has_no_traces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.parquet"
    written = parts.json.dumps
    monkeypatch.setattr(
        parts.json,
        "dumps",
        lambda facts: written({k: v for k, v in facts.items() if k != "traces"}),
    )
    write_part(path, "x", Measurement(observations=rows()), seconds=0.0)
    monkeypatch.undo()
    traces = read_part(path).measurement.traces
    assert tuple(traces.columns) == TRACE_COLUMNS
    assert traces.empty


@given(st.binary(max_size=300))
def test_no_bytes_are_taken_for_a_part(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.mktemp("bytes") / "a.parquet"
    path.write_bytes(content)
    with pytest.raises(Damaged):
        read_part(path)


def test_any_cut_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    write_part(path, "label", Measurement(observations=rows()), seconds=0.0)
    whole = path.read_bytes()
    for length in range(0, len(whole), 97):
        path.write_bytes(whole[:length])
        with pytest.raises(Damaged):
            read_part(path)


def test_a_table_of_another_program_is_no_part(tmp_path: Path) -> None:
    rows().to_parquet(tmp_path / "a.parquet")
    with pytest.raises(Damaged):
        read_part(tmp_path / "a.parquet")


def test_a_newer_schema_is_refused_not_recomputed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.parquet"
    monkeypatch.setattr(parts, "SCHEMA_VERSION", 99)
    write_part(path, "label", Measurement(observations=rows()), seconds=0.0)
    monkeypatch.undo()
    with pytest.raises(DataFault, match="99"):
        read_part(path)


def test_cells_come_together_with_the_studys_columns(tmp_path: Path) -> None:
    cells = []
    for seed in (0, 1):
        write_part(
            tmp_path / f"k{seed}.parquet", "x", Measurement(observations=rows()), seconds=0.0
        )
        cells.append(
            {
                "key": f"k{seed}",
                "probe": "affine",
                "model": "cnn",
                "training_seed": seed,
                "dataset": "digits",
                "state": "done",
            }
        )
    cells.append({**cells[0], "key": "missing"})
    table, pictures, _ = read_cells(tmp_path, cells)
    assert table.groupby("training_seed").size().to_dict() == {0: 5, 1: 5}
    assert [cell["state"] for cell in cells] == ["done", "done", "missing"]
    assert list(table.columns[:4]) == ["probe", "model", "training_seed", "dataset"]
    assert pictures.empty
    assert set(SAMPLE_COLUMNS) < set(pictures.columns)


def test_no_cells_give_an_empty_table(tmp_path: Path) -> None:
    table, *_ = read_cells(tmp_path, [])
    assert table.empty
    assert set(PROBE_COLUMNS) < set(table.columns)


@pytest.mark.slow
def test_seven_million_rows_fit_and_load_fast(tmp_path: Path) -> None:
    """18 checkpoints x 40 conditions x 10 000 images: at most 60 MB."""
    rng = np.random.default_rng(0)
    cells = []
    for index in range(18):
        tables = [
            observe(
                condition="rotation",
                severity=float(severity),
                unit="image",
                unit_ids=np.arange(10_000),
                metric=CORRECT,
                values=rng.integers(0, 2, 10_000),
            )
            for severity in range(40)
        ]
        measurement = Measurement(observations=pd.concat(tables, ignore_index=True))
        write_part(tmp_path / f"{index}.parquet", "x", measurement, seconds=0.0)
        cells.append(
            {
                "key": str(index),
                "probe": "affine",
                "model": "cnn",
                "training_seed": index,
                "dataset": "digits",
                "state": "done",
            }
        )
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 60e6
    table, *_ = read_cells(tmp_path, cells)
    assert len(table) == 7_200_000
    assert pq.read_metadata(tmp_path / "0.parquet").num_rows == 400_000
