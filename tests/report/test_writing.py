import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from capsprobe.faults import EnvironmentFault
from capsprobe.report import write_report
from capsprobe.report.collect import collect
from capsprobe.report.draw import draw
from capsprobe.report.page import page as page_of
from capsprobe.report.sections import Kept
from capsprobe.stats.summary import Summary as Tables
from tests.report import recorded
from tests.report.test_names import HOSTILE

TWO_MEGABYTES = 2_000_000


def report(folder: Path, run: recorded.Run) -> str:
    observations, samples, facts = run
    path = write_report(folder, observations=observations, samples=samples, run=facts)
    return path.read_text(encoding="utf-8")


def only(run: recorded.Run, probe: str) -> recorded.Run:
    observations, samples, facts = run
    cells = [cell for cell in facts["cells"] if cell["probe"] == probe]
    probes = {probe: facts["probes"][probe]}
    return (
        observations[observations["probe"] == probe],
        samples[samples["probe"] == probe],
        {**facts, "cells": cells, "probes": probes},
    )


def test_page_is_small_and_complete(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert page.name == "index.html"
    assert len(text.encode()) < TWO_MEGABYTES
    assert text.count("<svg") > 26


def test_every_link_leads_to_a_file_of_the_report(page: Path) -> None:
    (page.parent / "run.json").touch()
    links = set(re.findall(r'href="([^"#][^"]*)"', page.read_text(encoding="utf-8")))
    files = {link for link in links if not link.startswith("data:")}
    assert "tables/affine.csv" in files
    assert {link for link in files if not (page.parent / link).is_file()} == set()


def test_every_link_within_the_page_has_its_target(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    targets = set(re.findall(r'<a [^>]*href="#([^"]+)"', text))
    assert targets <= set(re.findall(r'\bid="([^"]+)"', text))


def test_writing_again_gives_the_same_bytes(tmp_path: Path) -> None:
    run = only(recorded.run(seeds=(0,), images=6), "overlap")
    first = report(tmp_path / "a", run)
    assert report(tmp_path / "b", run) == first
    for path in (tmp_path / "a").rglob("*.*"):
        twin = tmp_path / "b" / path.relative_to(tmp_path / "a")
        assert path.read_bytes() == twin.read_bytes()


def test_matrices_are_multiplied_in_one_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[set[int]] = []

    def noted(*given):
        held = [each for each in threadpool_info() if each["user_api"] == "blas"]
        found.append({each["num_threads"] for each in held})
        return collect(*given)

    monkeypatch.setattr("capsprobe.report.writing.collect", noted)
    with threadpool_limits(limits=2, user_api="blas"):
        report(tmp_path, only(recorded.run(seeds=(0,), images=4), "overlap"))
    assert found == [{1}]


def test_curves_wait_for_no_library_that_other_figures_need(tmp_path: Path) -> None:
    code = (
        "import sys; from tests.report import recorded; from capsprobe.report import write_report\n"
        "seen, samples, facts = recorded.run(seeds=(0,), images=4)\n"
        f"folder = __import__('pathlib').Path({str(tmp_path)!r})\n"
        "write_report(folder, observations=seen, samples=samples, run=facts)\n"
        "print(*{'torch', 'seaborn', 'scipy.stats', 'statsmodels'} & set(sys.modules))"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, check=True, capture_output=True)
    assert done.stdout.split() == []
    assert (tmp_path / "index.html").is_file()


def test_figures_that_are_no_longer_drawn_go(tmp_path: Path) -> None:
    old = tmp_path / "figures" / "old.svg"
    old.parent.mkdir()
    old.touch()
    report(tmp_path, only(recorded.run(seeds=(0,), images=4), "overlap"))
    assert not old.exists()


def test_names_cannot_break_out_of_the_page(tmp_path: Path) -> None:
    run = recorded.run({name: 0.0 for name in HOSTILE[:6]}, seeds=(0,), images=4)
    text = report(tmp_path, only(run, "overlap"))
    assert "<script>alert" not in text
    assert "\u202e" not in text
    assert "x" * 300 in text
    names = {path.name for path in tmp_path.rglob("*")}
    assert all(re.fullmatch(r"[a-z0-9.-]+", name) for name in names)


def test_hundred_models_stay_a_page(tables: dict[str, Tables], run: recorded.Run) -> None:
    text = large(tables, run, "model", 100)
    assert len(text.encode()) < TWO_MEGABYTES
    assert "first 8 of 100 models" in text


def test_hundred_thousand_estimates_stay_a_page(
    tables: dict[str, Tables], run: recorded.Run
) -> None:
    text = large(tables, run, "condition", 100_000 // len(tables["overlap"].estimates))
    assert len(text.encode()) < TWO_MEGABYTES
    assert "the files hold all" in text


def large(tables: dict[str, Tables], run: recorded.Run, column: str, times: int) -> str:
    """Return the page of a run whose estimates come so many times, each under another name."""
    _, samples, facts = run
    one = tables["overlap"].estimates
    if column == "model":
        one = one[one["model"] == "cnn"]
    many = pd.concat(
        [one.assign(**{column: one[column] + f"-{place}"}) for place in range(times)],
        ignore_index=True,
    )
    held = replace(tables["overlap"], estimates=many)
    trained = {**facts, "checkpoints": []}
    others = tables if column == "condition" else {}
    summary = collect({**others, "overlap": held}, Kept(samples=samples), trained)
    return page_of(summary, draw(summary))


@pytest.mark.parametrize("missing", ["observations", "samples", "run"])
def test_partial_run_still_gives_a_page(missing: str, tmp_path: Path) -> None:
    observations, samples, facts = only(recorded.run(seeds=(0,), images=4), "overlap")
    if missing == "observations":
        observations = observations.head(0)
    if missing == "samples":
        samples = pd.DataFrame()
    facts = {} if missing == "run" else {**facts, "partial": True}
    text = report(tmp_path, (observations, samples, facts))
    assert ("partial run" in text) == (missing != "run")
    assert "</html>" in text


def test_folder_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.touch()
    run = only(recorded.run(seeds=(0,), images=2), "overlap")
    with pytest.raises(EnvironmentFault, match="file"):
        report(blocked, run)
