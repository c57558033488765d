"""Runs of a study: the first, the second, the interrupted, and those with damage."""

from pathlib import Path

import pandas as pd
import pytest

from capsprobe.faults import EnvironmentFault, ModelFault, UsageFault
from capsprobe.parts import read_cells
from capsprobe.probes.base import Probe
from capsprobe.study import Settings, run_study
from capsprobe.study.grid import Cell
from capsprobe.study.record import (
    read_record,
    record,
    same_cells,
    same_outcome,
    write_record,
)
from capsprobe.study.running import CellState, Outcome, plan_study, take_up


class Stops:
    """A listener that interrupts once so many cells are finished."""

    def __init__(self, after: int) -> None:
        self.after = after
        self.seen: list[str] = []

    def started(self, cell: Cell, index: int, total: int) -> None:
        if index == self.after:
            raise KeyboardInterrupt

    def finished(self, state: CellState, index: int, total: int) -> None:
        self.seen.append(state.state)


class Overtaken(Stops):
    """One that stops once another run in the same folder has finished everything."""

    def __init__(self, after: int, settings: Settings, folder: Path) -> None:
        super().__init__(after)
        self.settings, self.folder = settings, folder

    def started(self, cell: Cell, index: int, total: int) -> None:
        if index == self.after:
            run_study(self.settings, self.folder)
        super().started(cell, index, total)


def table(outcome: Outcome, folder: Path) -> pd.DataFrame:
    return read_cells(folder / "cells", record(outcome, command="", title="")["cells"])[0]


def test_every_checkpoint_goes_through_every_part(settings: Settings, tmp_path: Path) -> None:
    outcome = run_study(settings, tmp_path)
    assert outcome.count("done") == len(outcome.cells) == 2 * 2 * 2
    rows = table(outcome, tmp_path)
    assert len(rows) == 2 * 2 * 2 * 2 * 10
    assert rows.groupby(["model", "training_seed", "condition"], observed=True).size().eq(20).all()


def test_second_run_computes_nothing(settings: Settings, tmp_path: Path) -> None:
    first = run_study(settings, tmp_path)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "cells").iterdir()}
    second = run_study(settings, tmp_path)
    assert second.count("cached") == len(second.cells)
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "cells").iterdir()} == before
    pd.testing.assert_frame_equal(table(first, tmp_path), table(second, tmp_path))


def test_fresh_run_computes_all_and_finds_the_same(settings: Settings, tmp_path: Path) -> None:
    before = table(run_study(settings, tmp_path), tmp_path)
    outcome = run_study(settings, tmp_path, fresh=True)
    assert outcome.count("done") == len(outcome.cells)
    pd.testing.assert_frame_equal(before, table(outcome, tmp_path))


def test_interrupted_run_keeps_what_is_finished_and_goes_on(
    settings: Settings, tmp_path: Path
) -> None:
    outcome = run_study(settings, tmp_path, listener=Stops(3))
    assert outcome.interrupted
    assert (outcome.count("done"), outcome.count("missing")) == (3, 5)
    assert record(outcome, command="", title="")["partial"]
    rest = run_study(settings, tmp_path)
    assert (rest.count("cached"), rest.count("done")) == (3, 5)
    whole = run_study(settings, tmp_path / "whole")
    pd.testing.assert_frame_equal(table(rest, tmp_path), table(whole, tmp_path / "whole"))


def test_an_interrupted_run_takes_up_what_another_has_finished(
    settings: Settings, tmp_path: Path
) -> None:
    outcome = run_study(settings, tmp_path, listener=Overtaken(3, settings, tmp_path))
    assert outcome.interrupted
    assert (outcome.count("done"), outcome.count("cached"), outcome.count("missing")) == (3, 5, 0)
    facts = record(outcome, command="", title="")
    assert not facts["partial"]
    assert all(cell["row_hash"] for cell in facts["cells"])


def test_a_failed_cell_is_taken_up_where_another_run_has_it(
    settings: Settings, tmp_path: Path, dimming: type[Probe], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(dimming, "measure", lambda *arguments: 1 / 0)
        outcome = run_study(settings, tmp_path)
    assert outcome.count("failed") == 8
    assert not take_up(outcome, tmp_path)
    run_study(settings.model_copy(update={"models": ("cnn",)}), tmp_path)
    assert take_up(outcome, tmp_path)
    assert (outcome.count("failed"), outcome.count("cached")) == (4, 4)
    assert not take_up(outcome, tmp_path)


def test_changed_setting_or_limit_computes_anew(settings: Settings, tmp_path: Path) -> None:
    run_study(settings, tmp_path)
    for change in ({"limit": 11}, {"seed": 1}):
        outcome = run_study(settings.model_copy(update=change), tmp_path)
        assert outcome.count("done") == len(outcome.cells), change
    probe_settings = {"dimming": {"factors": [0, 0.25]}}
    outcome = run_study(settings.model_copy(update={"probe_settings": probe_settings}), tmp_path)
    assert outcome.count("done") == len(outcome.cells)


def test_failing_cell_stops_no_other(settings: Settings, tmp_path: Path) -> None:
    broken = settings.model_copy(update={"probe_settings": {"dimming": {"broken": "noise"}}})
    outcome = run_study(broken, tmp_path)
    assert (outcome.count("failed"), outcome.count("done")) == (4, 4)
    causes = {cell["cause"] for cell in record(outcome, command="", title="")["cells"]}
    assert causes == {"", "RuntimeError: out of light"}


@pytest.mark.parametrize("damage", ["cut", "empty", "text", "edited"])
def test_damaged_part_is_set_aside_and_computed_again(
    settings: Settings, tmp_path: Path, damage: str
) -> None:
    first = run_study(settings, tmp_path)
    before = table(first, tmp_path)
    path = tmp_path / "cells" / f"{first.cells[0].key}.parquet"
    if damage == "edited":
        whole = pd.read_parquet(path)
        import pyarrow as pa
        import pyarrow.parquet as pq

        metadata = pq.read_schema(path).metadata
        whole["value"] = 1.0 - whole["value"]
        edited = pa.Table.from_pandas(whole, preserve_index=False)
        pq.write_table(edited.replace_schema_metadata(metadata), path)
    else:
        content = path.read_bytes()
        path.write_bytes({"cut": content[:-40], "empty": b"", "text": b"<html>"}[damage])
    outcome = run_study(settings, tmp_path)
    assert (outcome.count("done"), outcome.count("cached")) == (1, 7)
    assert len(outcome.set_aside) == 1
    assert path.with_suffix(".corrupt").is_file()
    pd.testing.assert_frame_equal(before, table(outcome, tmp_path))


def test_damaged_checkpoint_is_refused_before_anything_is_computed(
    settings: Settings, tmp_path: Path
) -> None:
    import shutil

    folder = tmp_path / "weights"
    shutil.copytree(settings.weights, folder)
    weights = folder / "cnn.digits.0.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    with pytest.raises(ModelFault, match="SHA-256"):
        run_study(settings.model_copy(update={"weights": folder}), tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("change", "fault", "words"),
    [
        ({"models": ("capsnett",)}, UsageFault, "capsnet"),
        ({"models": ("senet",)}, ModelFault, "senet"),
        ({"probes": ("dimmin",)}, UsageFault, "dimming"),
        ({"dataset": "digit"}, UsageFault, "digits"),
        ({"training_seeds": (7,)}, ModelFault, "seed 7"),
        ({"training_seeds": (0, 7)}, ModelFault, "seed 7"),
        ({"weights": Path("nowhere")}, ModelFault, "nowhere"),
        ({"device": "cuda:99"}, EnvironmentFault, "cuda:99"),
        ({"probe_settings": {"dimming": {"factor": 1}}}, UsageFault, "factors"),
        ({"probe_settings": {"dimming": {"factors": 1}}}, UsageFault, "list"),
        ({"probe_settings": {"dimming": {"factors": ["a"]}}}, UsageFault, "float"),
        ({"dataset": "digits-pairs"}, ModelFault, "digits-pairs"),
    ],
)
def test_wrong_settings_are_refused_before_anything_is_computed(
    settings: Settings, tmp_path: Path, change: dict, fault: type[Exception], words: str
) -> None:
    with pytest.raises(fault, match=words):
        run_study(settings.model_copy(update=change), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_network_that_lacks_what_is_asked_about_has_no_cells(settings: Settings) -> None:
    asked = settings.model_copy(update={"probes": ("dimming", "routing")})
    cells = plan_study(asked).cells
    assert {cell.entry.model for cell in cells if cell.probe == "dimming"} == {"capsnet", "cnn"}
    assert {cell.entry.model for cell in cells if cell.probe == "routing"} == {"capsnet"}


def test_a_model_that_no_probe_can_ask_is_refused_where_it_was_named(settings: Settings) -> None:
    asked = settings.model_copy(update={"probes": ("routing",), "models": ("capsnet", "cnn")})
    with pytest.raises(UsageFault, match="expected a model with votes that are routed, got cnn"):
        plan_study(asked)
    both = asked.model_copy(update={"probes": ("dimming", "routing")})
    assert {cell.entry.model for cell in plan_study(both).cells} == {"capsnet", "cnn"}


def test_output_that_is_a_file_is_refused(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "run").write_text("mine")
    with pytest.raises(EnvironmentFault, match="folder"):
        run_study(settings, tmp_path / "run")
    assert (tmp_path / "run").read_text() == "mine"


def test_record_names_no_path_of_the_machine(settings: Settings, tmp_path: Path) -> None:
    outcome = run_study(settings, tmp_path)
    assert str(tmp_path) not in str(record(outcome, command="capsprobe", title="Title"))
    assert str(settings.weights) not in str(record(outcome, command="capsprobe", title="Title"))


def test_second_record_says_the_same_and_a_changed_one_does_not(
    settings: Settings, tmp_path: Path
) -> None:
    first = record(run_study(settings, tmp_path), command="first", title="Title")
    write_record(tmp_path, first)
    standing = read_record(tmp_path)
    assert standing is not None
    outcome = run_study(settings, tmp_path)
    assert same_cells(standing, outcome)
    assert same_outcome(standing, record(outcome, command="second", title="Title"))
    other = run_study(settings.model_copy(update={"limit": 9}), tmp_path)
    assert not same_cells(standing, other)
    assert not same_outcome(standing, record(other, command="first", title="Title"))
    less = {
        **standing,
        "cells": [{**cell, "left_out": {"by chance": 1}} for cell in standing["cells"]],
    }
    assert not same_outcome(standing, less)


@pytest.mark.parametrize("content", ["", "[]", "{", "{}"])
def test_a_record_that_cannot_be_used_counts_as_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "run.json").write_text(content)
    assert read_record(tmp_path) is None
