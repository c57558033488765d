"""Whatever lies in a file or stands in a setting: readers give what they should, or a fault."""

import gzip
import hashlib
import io
import json
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image
from safetensors.torch import save

from capsprobe.cli.asking import _configured
from capsprobe.data.idx import read_idx, read_packed_idx
from capsprobe.data.mat import read_mat_files
from capsprobe.data.own.arrays import of_archive
from capsprobe.data.own.folders import of_folder
from capsprobe.faults import Fault
from capsprobe.models.checkpoints import Entry, manifest, parse_weights
from capsprobe.models.own.weights import read_weights
from capsprobe.parts import Damaged, read_part, write_part
from capsprobe.probes.base import probes
from capsprobe.report.reading import read_run
from capsprobe.study.record import read_record
from capsprobe.study.settings import Settings, build_probes
from capsprobe.tables import CORRECT, Measurement, observe

QUICK = settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
Reader = Callable[[Path], object]


def entry_bytes() -> bytes:
    found = Entry(
        model="cnn",
        dataset="digits",
        seed=0,
        frame={"classes": 10},
        recipe={},
        data_sha256="0",
        weights_sha256="0",
        dtype="float32",
        parameters=1,
        epochs=1,
        best_epoch=1,
        validation_accuracy=0.5,
        test_accuracy=0.5,
        n_test=1,
        wall_s=1.0,
        device="cpu",
        versions={},
    )
    return found.model_dump_json().encode()


def part_bytes(folder: Path) -> bytes:
    rows = observe(
        condition="rotation",
        severity=0.0,
        unit="image",
        unit_ids=[0, 1],
        metric=CORRECT,
        values=[0.0, 1.0],
    )
    write_part(folder / "valid.parquet", "x", Measurement(observations=rows), seconds=1.0)
    content = (folder / "valid.parquet").read_bytes()
    (folder / "valid.parquet").unlink()
    return content


def npz_bytes() -> bytes:
    held = io.BytesIO()
    np.savez(held, images=np.zeros((4, 8, 8), np.uint8), labels=np.arange(4) % 2)
    return held.getvalue()


def png_bytes() -> bytes:
    held = io.BytesIO()
    Image.fromarray(np.zeros((8, 8), np.uint8)).save(held, "png")
    return held.getvalue()


def idx_bytes() -> bytes:
    return struct.pack(">HBB2I", 0, 8, 2, 3, 2) + bytes(6)


def run_bytes() -> bytes:
    cell = dict.fromkeys(("probe", "model", "dataset", "key", "part", "cause", "row_hash"), "x")
    facts = {
        "schema": 1,
        "cells": [{**cell, "training_seed": 0, "state": "done", "seconds": 1.0, "left_out": {}}],
    }
    return json.dumps(facts).encode()


def mat_bytes() -> bytes:
    # The head of a MATLAB 5 file; what follows is for chance.
    return b"MATLAB 5.0 MAT-file".ljust(124) + struct.pack("<HH", 0x0100, 0x4D49) + bytes(40)


def of_run(path: Path) -> object:
    (path.parent / "cells").mkdir(exist_ok=True)
    return read_run(path.parent)


def of_pictures(path: Path) -> object:
    return of_folder(path.parent.parent, "test")


def hashed(read: Callable[..., object]) -> Reader:
    return lambda path: read(path, sha256=hashlib.sha256(path.read_bytes()).hexdigest())


# What a file is called, how it is read, and a valid one.
FILES: dict[str, tuple[str, Reader, Callable[[Path], bytes]]] = {
    "run.json": ("run.json", of_run, lambda _: run_bytes()),
    "record": ("run.json", lambda path: read_record(path.parent), lambda _: run_bytes()),
    "cell": ("cell.parquet", read_part, part_bytes),
    "entry": ("a.json", lambda path: manifest(path.parent), lambda _: entry_bytes()),
    "weights": (
        "a.safetensors",
        lambda path: parse_weights("a", path.read_bytes()),
        lambda _: save({"w": torch.ones(3)}),
    ),
    "own weights": ("a.safetensors", read_weights, lambda _: save({"w": torch.ones(3)})),
    "npz": ("a.npz", lambda path: of_archive(path, "test"), lambda _: npz_bytes()),
    "idx": ("a", hashed(read_idx), lambda _: idx_bytes()),
    "packed idx": ("a.gz", hashed(read_packed_idx), lambda _: gzip.compress(idx_bytes(), mtime=0)),
    "mat": ("1.mat", lambda path: read_mat_files((path,)), lambda _: mat_bytes()),
    "picture": ("class/a.png", of_pictures, lambda _: png_bytes()),
    "config": ("c.toml", _configured, lambda _: b"[probe.affine]\nrotation = [0.0, 15.0]\n"),
}


@st.composite
def spoilt(draw: st.DrawFn, valid: bytes) -> bytes:
    """Draw bytes that are all chance, or a valid file cut, changed or with something put in."""
    kind = draw(st.sampled_from(["noise", "cut", "flip", "insert"]))
    place = draw(st.integers(0, max(len(valid) - 1, 0)))
    if kind == "noise":
        return draw(st.binary(max_size=200))
    if kind == "cut":
        return valid[:place]
    if kind == "flip":
        bits = draw(st.integers(1, 255))
        return valid[:place] + bytes([valid[place] ^ bits]) + valid[place + 1 :]
    return valid[:place] + draw(st.binary(min_size=1, max_size=20)) + valid[place:]


@pytest.mark.parametrize("name", FILES)
@given(data=st.data())
@QUICK
def test_no_bytes_bring_a_reader_to_anything_but_a_fault(
    name: str, data: st.DataObject, tmp_path: Path
) -> None:
    called, read, make = FILES[name]
    path = tmp_path / called
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data.draw(spoilt(make(tmp_path))))
    try:
        read(path)
    except (Fault, Damaged) as fault:
        assert str(fault)


@pytest.mark.parametrize("name", [name for name in FILES if name != "mat"])
def test_the_valid_files_are_read(name: str, tmp_path: Path) -> None:
    called, read, make = FILES[name]
    path = tmp_path / called
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(make(tmp_path))
    if name == "run.json":
        # Its cell was never written: the run is read, and partial.
        assert read(path)[1]["partial"]
    else:
        assert read(path) is not None


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["affine", "cnn", "digits", "quick", "inf", "-1"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=4,
)
FIELDS = st.sampled_from(sorted(Settings.model_fields))


@given(st.dictionaries(FIELDS, ANYTHING, max_size=3))
@QUICK
@example({"probe_settings": {"affine": {"rotation": [float("nan")]}}})
def test_no_settings_bring_anything_but_a_fault(values: dict[str, object]) -> None:
    try:
        build_probes(Settings(**values))
    except (Fault, ValueError) as fault:
        # Pydantic's errors are values; the command line makes one line of them.
        assert str(fault)


@given(st.sampled_from(sorted(probes)), st.data())
@QUICK
def test_no_probes_settings_bring_anything_but_a_fault(name: str, data: st.DataObject) -> None:
    known = sorted(probes[name].__dataclass_fields__)
    key = data.draw(st.sampled_from(known) if known else st.just("none"))
    value = data.draw(ANYTHING)
    try:
        build_probes(Settings(probes=(name,), probe_settings={name: {key: value}}))
    except Fault as fault:
        assert "\n" not in str(fault)


def test_a_table_of_verdicts_from_nonsense_is_not_tested() -> None:
    from capsprobe.claims.judge import judge
    from capsprobe.tables import COLUMNS

    nothing = pd.DataFrame(columns=list(COLUMNS))
    assert {each.word for each in judge(nothing, dataset="")} == {"not tested"}
