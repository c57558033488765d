"""Two runs side by side: planted changes are found, and what has no counterpart is said."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from statsmodels.stats.multitest import multipletests

from capsprobe.faults import DataFault, UsageFault
from capsprobe.report.compare import compare_runs, write_comparison
from capsprobe.stats.compared import changes, judged
from tests.report.compare.folders import IMAGES, SEVERITIES, facts, kept, observed


def flipped(table: pd.DataFrame, model: str, *, images: int, to: float) -> pd.DataFrame:
    """Return the table with a model's answers to the first images set, at severities not zero."""
    chosen = (table["model"] == model) & (table["severity"] != 0.0) & (table["unit_id"] < images)
    return table.assign(value=table["value"].mask(chosen, to))


@pytest.fixture
def runs(tmp_path: Path) -> tuple[Path, Path]:
    """Return a run, and one in which capsnet errs on 40 images more or less."""
    table = observed()
    return (
        kept(tmp_path / "one", table, facts()),
        kept(tmp_path / "two", flipped(table, "capsnet", images=40, to=0.0), facts()),
    )


def test_a_run_beside_itself_has_changed_nowhere(runs) -> None:
    found = compare_runs(runs[0], runs[0])
    assert (found.table[["estimate", "lower", "upper"]] == 0.0).all(axis=None)
    assert set(found.table["verdict"]) == {"", "no difference shown"}
    assert (found.unpaired, found.notes) == ((), ())


def test_a_planted_loss_is_found_with_its_size(runs) -> None:
    found = compare_runs(*runs)
    (row,) = found.of("worse").to_dict("records")
    first, second = (flipped(observed(), "capsnet", images=n, to=0.0) for n in (0, 40))
    means = [
        t[(t["model"] == "capsnet") & (t["severity"] != 0.0)]["value"].mean()
        for t in (first, second)
    ]
    assert row["model"] == "capsnet" and np.isnan(row["severity"])
    assert row["estimate"] == pytest.approx(means[1] - means[0])
    assert row["lower"] < row["estimate"] < row["upper"] < -found.margin
    assert len(found.of("better")) == 0


def test_turned_round_the_loss_is_a_gain(runs) -> None:
    found = compare_runs(*runs[::-1])
    assert [row["model"] for row in found.of("better").to_dict("records")] == ["capsnet"]
    assert len(found.of("worse")) == 0


def test_what_is_within_the_margin_is_no_difference(runs) -> None:
    assert len(compare_runs(*runs, margin=0.5).of("worse")) == 0


def test_one_severity_and_seed_has_the_interval_of_paired_differences() -> None:
    table = observed(models=("capsnet",), seeds=1)
    table = table[table["severity"] == SEVERITIES[1]]
    other = flipped(table, "capsnet", images=30, to=0.0)
    (row,) = changes(table, other)[lambda t: t["severity"].notna()].to_dict("records")
    differences = other["value"].to_numpy() - table["value"].to_numpy()
    assert row["estimate"] == pytest.approx(differences.mean())
    assert row["error"] == pytest.approx(differences.std() / IMAGES**0.5, rel=0.06)
    half = norm.ppf(0.975) * row["error"]
    assert row["upper"] - row["lower"] == pytest.approx(2.0 * half, rel=0.1)


@settings(max_examples=25)
@given(st.lists(st.floats(-0.2, 0.2), min_size=1, max_size=8), st.floats(0.0, 0.05))
def test_verdicts_are_those_of_one_sided_tests_after_holm(estimates, margin) -> None:
    table = pd.DataFrame({"estimate": estimates, "error": 0.02, "n_units": 100})
    count = len(estimates)
    found = judged(table, margin=margin, primary=np.ones(count, dtype=bool), better=np.ones(count))
    p = norm.cdf((np.array(estimates) + margin) / 0.02)
    adjusted = multipletests(p, method="holm")[1]
    np.testing.assert_allclose(found["p_worse"], adjusted, atol=1e-12)
    assert ((found["verdict"] == "worse") == (adjusted < 0.05)).all()


def test_a_handful_of_images_says_nothing() -> None:
    table = pd.DataFrame({"estimate": [-1.0], "error": [0.0], "n_units": [19]})
    found = judged(table, margin=0.01, primary=np.ones(1, dtype=bool), better=np.ones(1))
    assert list(found["verdict"]) == [""]


def test_what_only_one_run_has_is_said(tmp_path) -> None:
    one = kept(tmp_path / "one", observed(models=("capsnet", "senet")), facts())
    two = kept(tmp_path / "two", observed(models=("capsnet", "cnn"), seeds=1), facts())
    found = compare_runs(one, two)
    assert set(found.table["model"]) == {"capsnet"}
    assert found.unpaired == (
        "capsnet, affine/rotation on digits, seed 1: in the first run alone",
        "senet, affine/rotation on digits, seed 0, 1: in the first run alone",
        "cnn, affine/rotation on digits, seed 0: in the second run alone",
    )


def test_models_of_other_names_can_be_paired(runs) -> None:
    found = compare_runs(*runs, names={"capsnet": "cnn"})
    changed = found.table[found.table["severity"].isna()].set_index("model")["estimate"]
    table = observed().query("severity != 0")
    means = table.groupby("model")["value"].mean()
    assert changed["capsnet"] == pytest.approx(means["cnn"] - means["capsnet"])


def test_what_else_differs_is_said(runs, tmp_path) -> None:
    changed = facts(
        versions={"capsprobe": "0.2.0"},
        data={"name": "digits", "n_images": 9, "sha256": "b" * 64},
        probes={"affine": {**facts()["probes"]["affine"], "settings": {"cut": 0.1}}},
        device="cuda",
    )
    other = kept(tmp_path / "other", observed(), changed)
    notes = "\n".join(compare_runs(runs[0], other).notes)
    for text in ("the images differ", "cut is None and 0.1", "0.1.0 and 0.2.0", "cpu and cuda"):
        assert text in notes


@pytest.mark.parametrize(
    ("names", "margin", "line"),
    [
        ({"capsne": "cnn"}, 0.01, "Did you mean 'capsnet'"),
        ({"capsnet": "other"}, 0.01, "unknown model 'other'"),
        ({}, -0.1, "expected a margin of 0 to 1, got -0.1"),
    ],
)
def test_what_cannot_be_meant_is_one_line(names, margin, line, runs) -> None:
    with pytest.raises(UsageFault, match=line):
        compare_runs(*runs, names=names, margin=margin)


def test_runs_without_anything_in_common_are_refused(runs, tmp_path) -> None:
    other = kept(tmp_path / "other", observed(models=("senet",)), facts())
    with pytest.raises(DataFault, match="nothing in common; --model A=B"):
        compare_runs(runs[0], other)


def test_the_page_says_it_and_the_table_has_it(runs, tmp_path) -> None:
    page = write_comparison(compare_runs(*runs), tmp_path / "out")
    text = page.read_text()
    assert "1 measure is worse" in text and "the rotation sweep" in text
    table = pd.read_csv(page.parent / "tables" / "compare.csv")
    assert list(table[table["verdict"] == "worse"]["model"]) == ["capsnet"]
    assert (page.parent / "figures" / "change-capsnet.svg").is_file()
    again = write_comparison(compare_runs(*runs), tmp_path / "again")
    assert again.read_bytes() == page.read_bytes()
