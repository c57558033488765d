"""Finished cells on disk: one Parquet part each, with its samples and the hash of its rows.

Both wings read them: the study to take what is finished, the report to judge and draw. One
rename publishes a part whole, and a change by hand is noticed.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from capsprobe.faults import DataFault
from capsprobe.files import write_atomically
from capsprobe.tables import (
    PROBE_COLUMNS,
    SAMPLE_COLUMNS,
    SCHEMA_VERSION,
    STUDY_COLUMNS,
    TRACE_COLUMNS,
    Measurement,
)

_METADATA = b"capsprobe"
_CELL_FACTS = {*STUDY_COLUMNS, "key", "part", "state", "seconds", "cause", "row_hash", "left_out"}
_OTHER = "edited since, or computed again: run.json says rows of hash"
# What run.json holds besides, where it holds it.
_KINDS: dict[str, type] = {
    **dict.fromkeys(("settings", "data", "versions", "probes", "judged"), dict),
    **dict.fromkeys(("checkpoints", "set_aside"), list),
}
_TEXTS = ("condition", "unit", "metric")


class Damaged(Exception):
    """A part that cannot be used: unreadable, or not with the rows that it was written with."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """A finished cell as it was kept: the measurement, the time it took, the hash of its rows.

    `note` says what was done to finish it, as where memory ran out.
    """

    measurement: Measurement
    seconds: float
    row_hash: str
    note: str = ""


def write_part(
    path: Path, label: str, measurement: Measurement, *, seconds: float, note: str = ""
) -> Part:
    """Keep a finished cell; return it as it will be read."""
    rows = _with_categories(measurement.observations)
    part = Part(measurement=measurement, seconds=seconds, row_hash=_hash(rows), note=note)
    table = pa.Table.from_pandas(rows, preserve_index=False)
    facts: dict[str, Any] = {
        "schema": SCHEMA_VERSION,
        "cell": label,
        "seconds": round(seconds, 3),
        "row_hash": part.row_hash,
        "left_out": measurement.left_out,
        "note": note,
        "samples": _records(measurement.samples),
        "traces": _records(measurement.traces),
    }
    table = table.replace_schema_metadata(
        {**table.schema.metadata, _METADATA: json.dumps(facts).encode()}
    )
    write_atomically(path, lambda file: pq.write_table(table, file, compression="zstd"))
    return part


def read_part(path: Path) -> Part:
    """Return a finished cell.

    Raises
    ------
    Damaged
        Where the file is not what was written.
    DataFault
        Where a newer version of this program wrote it.
    """
    try:
        # In one thread, for a part is small, and without the set-up of a dataset.
        table = pq.ParquetFile(path).read(use_threads=False)
        facts = json.loads(table.schema.metadata[_METADATA])
        schema = int(facts["schema"])
        rows = table.to_pandas(use_threads=False)
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException) as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise Damaged(first) from error
    if schema > SCHEMA_VERSION:
        raise DataFault(
            f"{path.name}: expected schema {SCHEMA_VERSION} or older, got {schema}; "
            "a newer capsprobe wrote it"
        )
    try:
        return _part(rows, facts)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Damaged(f"expected what goes with the rows, got {error}") from error


def _part(rows: pd.DataFrame, facts: dict[str, Any]) -> Part:
    expected = str(facts["row_hash"])
    if tuple(rows.columns) != PROBE_COLUMNS or (found := _hash(rows)) != expected:
        raise Damaged(f"expected rows of hash {expected[:12]}, got others")
    measurement = Measurement(
        observations=rows,
        samples=pd.DataFrame(facts["samples"], columns=list(SAMPLE_COLUMNS)),
        # An older version kept none.
        traces=pd.DataFrame(facts.get("traces", []), columns=list(TRACE_COLUMNS)),
        left_out={str(why): int(count) for why, count in facts["left_out"].items()},
    )
    return Part(
        measurement=measurement,
        seconds=float(facts["seconds"]),
        row_hash=found,
        note=str(facts.get("note", "")),
    )


def is_record(facts: object) -> bool:
    """Return whether what was read from a run.json has the cells that a run has."""
    if not isinstance(facts, dict) or facts.get("schema") != SCHEMA_VERSION:
        return False
    if not all(isinstance(facts.get(name, kind()), kind) for name, kind in _KINDS.items()):
        return False
    described = [*facts.get("probes", {}).values(), *facts.get("checkpoints", [])]
    if not all(isinstance(each, dict) for each in described):
        return False
    cells = facts.get("cells")
    return isinstance(cells, list) and all(
        isinstance(cell, dict) and _CELL_FACTS <= cell.keys() and isinstance(cell["key"], str)
        for cell in cells
    )


def read_cells(
    folder: Path, cells: Sequence[dict[str, Any]]
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return all observations, samples and traces of the cells of a run that are finished.

    `cells` are those of run.json. A part that is missing or damaged is passed over, and the cell
    put down as missing, with the cause; one with other rows than run.json has the hash of is read,
    and the cell says so.
    """
    found: list[tuple[dict[str, Any], Measurement]] = []
    for cell in cells:
        try:
            part = read_part(folder / f"{cell['key']}.parquet")
            found.append((cell, part.measurement))
            if (known := cell.get("row_hash")) and known != part.row_hash:
                cell["cause"] = f"{_OTHER} {str(known)[:12]}, got {part.row_hash[:12]}"
        except Damaged as damage:
            if cell["state"] != "failed":
                cell.update(state="missing", cause=f"its part cannot be used: {damage}")
    return (
        _joined([(cell, each.observations) for cell, each in found], PROBE_COLUMNS),
        _joined([(cell, each.samples) for cell, each in found], SAMPLE_COLUMNS),
        _joined([(cell, each.traces) for cell, each in found], TRACE_COLUMNS),
    )


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return json.loads(table.to_json(orient="records")) if len(table) else []


def _joined(
    tables: list[tuple[dict[str, Any], pd.DataFrame]], columns: tuple[str, ...]
) -> pd.DataFrame:
    """Return the tables of cells below one another, with the study's columns before their own."""
    filled = [(cell, table) for cell, table in tables if len(table)]
    if not filled:
        return pd.DataFrame(columns=[*STUDY_COLUMNS, *columns])
    lengths = [len(table) for _, table in filled]
    study = {name: _repeated([cell[name] for cell, _ in filled], lengths) for name in STUDY_COLUMNS}
    kinds = filled[0][1].dtypes
    texts = [name for name in columns if isinstance(kinds[name], pd.CategoricalDtype)]
    plain = [name for name in columns if name not in texts]
    others = pd.concat([table[plain] for _, table in filled], ignore_index=True)
    named = {name: _united([table[name].array for _, table in filled]) for name in texts}
    own = {name: named[name] if name in named else others[name] for name in columns}
    return pd.DataFrame(study | own, copy=False)


def _repeated(values: list[Any], lengths: list[int]) -> Any:
    """Return each value so many times; texts are categories, for millions would not fit."""
    if isinstance(values[0], int):
        return np.repeat(np.array(values), lengths)
    names = sorted(set(values))
    places = np.array([names.index(value) for value in values], dtype=np.int32)
    return pd.Categorical.from_codes(np.repeat(places, lengths), pd.Index(names))


def _united(columns: list[Any]) -> pd.Categorical:
    """Return categories below one another, all of them in alphabetical order."""
    names = sorted({name for column in columns for name in column.categories})
    place = {name: index for index, name in enumerate(names)}
    codes = [
        np.array([place[name] for name in column.categories], dtype=np.int32)[column.codes]
        for column in columns
    ]
    return pd.Categorical.from_codes(np.concatenate(codes), pd.Index(names))


def _with_categories(rows: pd.DataFrame) -> pd.DataFrame:
    # What comes from a file is categorical already, and to ask for it again is slow.
    plain = [name for name in _TEXTS if not isinstance(rows[name].dtype, pd.CategoricalDtype)]
    return rows.astype(dict.fromkeys(plain, "category")) if plain else rows


def _hash(rows: pd.DataFrame) -> str:
    hashes = pd.util.hash_pandas_object(_with_categories(rows), index=False).to_numpy()
    return hashlib.sha256(hashes.tobytes()).hexdigest()
