from dataclasses import replace
from pathlib import Path

from capsprobe.report import lexicon
from capsprobe.report.corruption.pages import exhibits
from capsprobe.report.routing.evidence import Evidence
from capsprobe.report.routing.pages import OVERVIEW
from capsprobe.report.sections import Kept
from capsprobe.report.writing import write_kept
from tests.report.corruption import recorded


def test_every_exhibit_has_its_words(evidence: Evidence) -> None:
    shown = [each.key for each in exhibits(evidence)]
    assert shown == [OVERVIEW, "kinds", "beside"]
    assert {"kinds", "beside"} <= set(lexicon.EXHIBITS)
    assert "beside" in lexicon.GRIDS
    assert "corruption" in lexicon.OVERVIEW


def test_there_is_a_curve_for_each_kind_with_chance(evidence: Evidence) -> None:
    (shown,) = [each for each in exhibits(evidence) if each.key == "kinds"]
    assert [getattr(each, "condition", "") for each in shown.folded] == list(recorded.KINDS)
    assert {getattr(each, "chance", None) for each in shown.folded} == {0.1}


def test_a_run_with_nothing_measured_has_no_exhibits(evidence: Evidence) -> None:
    bare = replace(
        evidence,
        estimates=evidence.estimates.head(0),
        errors=evidence.errors.head(0),
        traces=evidence.traces.head(0),
    )
    assert exhibits(bare) == ()


def test_a_whole_page_says_the_numbers(tmp_path: Path) -> None:
    held = recorded.observations()
    kept = Kept(observations=held, samples=held.head(0), traces=recorded.traces())
    page = write_kept(tmp_path, kept, recorded.run()).read_text(encoding="utf-8")
    assert "Which kinds hurt which model?" in page
    assert "50.0 <small>" in page
    assert "150.0 <small>" in page
    assert "Image 7, a 3" in page
    assert (tmp_path / "tables" / "corruption-errors.csv").is_file()
    assert (tmp_path / "tables" / "corruption-errors.json").is_file()
