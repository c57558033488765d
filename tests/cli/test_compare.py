"""The command that sets two runs against one another, as a gate in CI."""

import json
import sys
from pathlib import Path

import pytest

from capsprobe.cli import main
from tests.report.compare.folders import facts, kept, observed


@pytest.fixture
def runs(tmp_path: Path) -> tuple[Path, Path]:
    """Return a run, and one in which capsnet errs on 40 images more."""
    table = observed()
    lost = (table["model"] == "capsnet") & (table["severity"] != 0.0) & (table["unit_id"] < 40)
    worse = table.assign(value=table["value"].mask(lost, 0.0))
    return kept(tmp_path / "one", table, facts()), kept(tmp_path / "two", worse, facts())


@pytest.mark.parametrize(
    ("arguments", "status"),
    [((), 0), (("--fail-on", "worse"), 1), (("--fail-on", "worse", "--margin", "0.5"), 0)],
)
def test_the_gate_trips_where_something_is_worse(
    arguments, status, runs, tmp_path, monkeypatch, capsys
) -> None:
    given_ = ("compare", *map(str, runs), "--output", str(tmp_path / "out"), "--json", *arguments)
    monkeypatch.setattr(sys, "argv", ["capsprobe", *given_])
    with pytest.raises(SystemExit) as stop:
        main()
    assert int(stop.value.code or 0) == status
    told = json.loads(capsys.readouterr().out)
    assert told["counts"]["worse"] == len(told["worse"])


@pytest.mark.parametrize(
    ("arguments", "status", "line"),
    [
        (("--fail-on", "wors"), 2, "Did you mean 'worse'"),
        (("--model", "capsnet"), 2, "--model: expected A=B, got 'capsnet'"),
        (("--margin", "2"), 2, "expected a margin of 0 to 1, got 2"),
    ],
)
def test_options_that_cannot_be_meant(
    arguments, status, line, runs, tmp_path, monkeypatch, capsys
) -> None:
    given_ = ("compare", *map(str, runs), "--output", str(tmp_path / "out"), *arguments)
    monkeypatch.setattr(sys, "argv", ["capsprobe", *given_])
    with pytest.raises(SystemExit) as stop:
        main()
    out, err = capsys.readouterr()
    assert (stop.value.code, out) == (status, "")
    assert line in err
