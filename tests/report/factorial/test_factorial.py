"""From runs to effects and their page: what was planted is found, and what is missing is told."""

import json
import re
from dataclasses import replace

import pandas as pd
import pytest

from capsprobe.factorial import FACTORS, RECIPES
from capsprobe.faults import DataFault, EnvironmentFault
from capsprobe.report.factorial import analyse, write_factorial
from capsprobe.report.factorial.analysis import OUTCOMES, analysed
from tests.report.compare import folders
from tests.report.factorial import recorded

FACTS = {"dataset": "digits", "epochs": 50}


RUNS = dict.fromkeys(RECIPES, folders.facts(cells=[]))


@pytest.fixture(scope="module")
def found():
    return analysed(recorded.tables(), RUNS)


@pytest.fixture(scope="module")
def text(factorial_page):
    return factorial_page.read_text(encoding="utf-8")


def test_there_is_an_effect_for_every_part_and_outcome_and_one_for_every_two(found):
    outcomes = [outcome.name for outcome in OUTCOMES]
    held = set(zip(found.effects["part"], found.effects["outcome"], strict=True))
    assert held == {(part, name) for part in FACTORS for name in outcomes}
    assert len(found.interactions) == 10 * len(outcomes)
    assert len(found.means) == 32


def test_what_was_planted_is_found_where_it_is_and_nowhere_else(found):
    shown = {(row.part, row.outcome): row.estimate for row in found.shown.itertuples()}
    assert set(shown) == {("transforms", "affine"), ("squash", "linf"), ("squash", "l2")}
    assert shown["transforms", "affine"] == pytest.approx(-0.2, abs=0.05)
    assert shown["squash", "linf"] == pytest.approx(0.15, abs=0.05)


def test_what_its_own_interval_alone_would_show_is_a_hint_and_no_more(found):
    for row in found.hints.itertuples():
        assert row.p_adjusted >= 0.05 and row.lower * row.upper > 0.0
    rest = found.effects.drop(index=[*found.shown.index, *found.hints.index])
    assert (rest["lower"] * rest["upper"] <= 0.0).all()
    assert len(rest) + len(found.shown) + len(found.hints) == 25


def test_an_effect_is_the_mean_with_minus_the_mean_without(found):
    for part in FACTORS:
        with_it, without = (found.means[found.means[part] == there] for there in (True, False))
        for outcome in OUTCOMES:
            row = found.effects.query("part == @part and outcome == @outcome.name").iloc[0]
            apart = with_it[outcome.name].mean() - without[outcome.name].mean()
            assert row["estimate"] == pytest.approx(apart, abs=1e-12)


def test_an_outcome_is_a_mean_over_all_severities_but_clean_and_its_own_condition(found):
    table = recorded.observed("margin")
    mine = table.query("model == 'capsnet' and probe == 'adversarial' and severity > 0")
    expected = mine[mine["condition"] == "linf/worst"].groupby("training_seed")["value"].mean()
    row = found.means.query("model == 'capsnet' and recipe == 'margin'").iloc[0]
    assert row["linf"] == pytest.approx(expected.mean())


def test_p_values_are_corrected_over_a_family(found):
    assert (found.effects["p_adjusted"] >= found.effects["p_value"]).all()
    least = found.effects["p_value"].idxmin()
    assert found.effects["p_adjusted"][least] == pytest.approx(
        min(1.0, 25 * found.effects["p_value"][least])
    )


def test_a_seed_that_lacks_a_network_is_left_out_and_named(tmp_path):
    tables = recorded.tables()
    lost = tables["margin"]
    tables["margin"] = lost[(lost["model"] != "capsnet") | (lost["training_seed"] != 1)]
    found = analysed(tables, RUNS)
    assert (found.seeds, found.dropped) == ((0, 2, 3, 4, 5), (1,))
    page = write_factorial(found, tmp_path / "out", command="", facts=FACTS)
    assert "or a part of what one was to be asked: 1." in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("lost", [("condition", "shear"), ("severity", 15.0)])
def test_a_network_that_lacks_a_part_of_a_probe_does_not_bias_its_mean(lost):
    column, value = lost
    tables = recorded.tables()
    table = tables["margin"]
    away = (table["model"] == "capsnet") & (table["training_seed"] == 2) & (table[column] == value)
    assert away.any()
    tables["margin"] = table[~away]
    found = analysed(tables, RUNS)
    assert (found.seeds, found.dropped) == ((0, 1, 3, 4, 5), (2,))


def test_cells_that_failed_are_named(found, tmp_path):
    cell = {"probe": "affine", "part": "shear", "model": "capsnet", "training_seed": 2}
    run = folders.facts(cells=[{**cell, "state": "failed", "cause": "RuntimeError: <out>"}])
    told = replace(found, runs={**RUNS, "margin": run})
    page = write_factorial(told, tmp_path, command="", facts=FACTS).read_text(encoding="utf-8")
    assert "affine/shear capsnet, margin, seed 2: RuntimeError: &lt;out&gt;" in page


def test_one_seed_is_told_that_it_can_show_nothing(tmp_path):
    tables = {recipe: recorded.observed(recipe, seeds=(0,)) for recipe in RECIPES}
    found = analysed(tables, RUNS)
    assert not len(found.shown)
    page = write_factorial(found, tmp_path, command="", facts=FACTS).read_text(encoding="utf-8")
    assert "one seed alone cannot tell an effect from chance" in page
    assert "nothing is concluded" in page


def test_without_a_whole_seed_there_are_no_effects():
    tables = {recipe: recorded.observed(recipe, seeds=(0,)) for recipe in RECIPES}
    lost = tables["margin"]
    tables["margin"] = lost[lost["model"] != "capsnet"]
    with pytest.raises(DataFault, match="training seed with all 32 networks.* run it again"):
        analysed(tables, RUNS)


def test_a_run_that_is_missing_is_a_fault(tmp_path):
    with pytest.raises(DataFault, match="expected a run folder"):
        analyse(tmp_path)


def test_images_that_one_network_was_not_asked_about_count_for_none():
    tables = recorded.tables()
    table = tables["margin"]
    away = (table["model"] == "capsnet") & (table["unit_id"] >= 20) & (table["probe"] == "affine")
    tables["margin"] = table[~away]
    found = analysed(tables, RUNS)
    units = found.effects.drop_duplicates("outcome").set_index("outcome")["n_units"]
    assert (units["affine"], units["clean"], units["linf"]) == (20, 20, recorded.IMAGES)


def test_the_page_says_what_was_found_and_what_others_found(text):
    assert "of 25 effects 3 are beyond chance" in text
    plain = re.sub(r"<[^>]+>", "", text)
    assert "With separate transforms accuracy is lower under affine transformations (−" in plain
    assert "With squash accuracy is higher under attacks in L∞ (+" in plain
    assert "With dynamic routing no accuracy differs beyond chance" in plain
    assert "Gu, Tresp and Hu 2021" in text and "<td>harms</td>" in text
    assert "python -m capsprobe factorial" in text


def test_tables_lie_beside_the_page_with_their_dictionaries(factorial_page):
    folder = factorial_page.parent
    for name in ("effects", "interactions", "means"):
        table = pd.read_parquet(folder / "tables" / f"{name}.parquet")
        about = json.loads((folder / "tables" / f"{name}.json").read_text(encoding="utf-8"))
        assert len(table) and about["description"]
    assert {path.stem for path in (folder / "figures").iterdir()} == {
        f"effects-{outcome.name}" for outcome in OUTCOMES
    }


def test_the_same_runs_give_the_same_page_from_their_folders_as_well(
    found, factorial_page, tmp_path
):
    """The page of the fixture was made from folders of runs."""
    page = write_factorial(found, tmp_path, command="python -m capsprobe factorial", facts=FACTS)
    assert page.read_bytes() == factorial_page.read_bytes()


def test_a_folder_that_cannot_be_written_to_is_a_fault(found, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(EnvironmentFault):
        write_factorial(found, tmp_path / "file", command="", facts=FACTS)
