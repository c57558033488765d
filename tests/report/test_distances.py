"""The exhibit of distances: curves of what breaks within one, and medians."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from capsprobe.report.distances import distances
from capsprobe.report.measures import Scope
from capsprobe.report.writing import write_report
from capsprobe.stats.summary import summarise
from tests.report import recorded

SCOPE = Scope(
    probe="adversarial",
    dataset="digits",
    conditions=("l2/worst", "l2/cw", "l2/pgd"),
    units={},
    models=("capsnet", "cnn"),
)
DISTANCES = {"capsnet": (1.0, 2.0, 3.0, None), "cnn": (0.5, None, None, None)}


def observed() -> pd.DataFrame:
    place = {"probe": "adversarial", "training_seed": 0, "dataset": "digits", "severity": 0.0}
    return pd.DataFrame(
        [
            {**place, "model": model, "condition": condition, "unit": "image", "unit_id": unit}
            | {"metric": metric, "value": value}
            for model, found in DISTANCES.items()
            for condition in ("l2/worst", "l2/cw")
            for unit, size in enumerate(found)
            for metric, value in (("correct", 1.0), ("distance", size))
            if value is not None
        ]
    )


def exhibit(table: pd.DataFrame):
    estimates = summarise(table, censored={"distance"}).estimates
    return distances(estimates, table, SCOPE)


def test_each_attack_that_sought_distances_has_a_curve_that_ends_at_what_it_broke() -> None:
    (found,) = exhibit(observed())
    assert [figure.condition for figure in found.figures] == ["l2/worst", "l2/cw"]
    for figure in found.figures:
        ends = {series.model: series.estimates[-1] for series in figure.series}
        assert ends == {"capsnet": 0.75, "cnn": 0.25}
        for series in figure.series:
            assert list(series.estimates) == sorted(series.estimates)
            assert series.severities[-1] == 3.0


def test_a_median_that_is_not_known_has_an_empty_cell() -> None:
    (found,) = exhibit(observed())
    rows = {(row.condition, row.metric): row.cells for row in found.grid.rows}
    capsnet, cnn = rows["l2/cw", "distance"]
    assert capsnet.estimate == 2.5 and cnn is None
    assert [cell.estimate for cell in rows["l2/cw", "distance_found"]] == [0.75, 0.25]


def test_without_distances_there_is_no_exhibit() -> None:
    table = observed()
    assert exhibit(table[table["metric"] == "correct"]) == ()


def test_where_no_model_was_broken_the_table_stands_alone_with_a_bound() -> None:
    table = observed()
    unbroken = table[table["metric"] == "correct"]
    estimates = summarise(unbroken, censored={"distance"}, sought={"l2/cw", "l2/worst"}).estimates
    (found,) = distances(estimates, unbroken, SCOPE)
    assert found.figures == ()
    rows = {(row.condition, row.metric): row.cells for row in found.grid.rows}
    assert set(rows) == {("l2/cw", "distance_found"), ("l2/worst", "distance_found")}
    for cell in rows["l2/cw", "distance_found"]:
        assert cell.estimate == 0.0 and 0.4 < cell.upper < 0.6


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> str:
    observations, samples, facts = recorded.run(images=12)
    metric = {"name": "distance", "lower": 0.0, "upper": 256.0, "unit": "1", "description": ""}
    facts["probes"]["adversarial"]["metrics"].append({**metric, "censored": True})
    facts["probes"]["adversarial"]["forgone"] = ["l2 attacks: cw"]
    more = observed()[lambda table: table["metric"] == "distance"]
    worst = more[more["condition"] == "l2/worst"]
    table = pd.concat([observations, worst], ignore_index=True)
    folder: Path = tmp_path_factory.mktemp("distances")
    path = write_report(folder, observations=table, samples=samples, run=facts)
    return path.read_text(encoding="utf-8")


def test_the_page_shows_distances_and_says_what_was_left_out(text: str) -> None:
    assert "How far is the nearest image that errs?" in text
    # Most images of this run have no distance, so that there is no median to show.
    assert "broken at any distance" in text and "broken within a distance" in text
    assert "leaves out, beside the largest, L2 attacks: cw" in text


def test_models_that_are_not_shown_are_left_out() -> None:
    alone = replace(SCOPE, models=("cnn",))
    table = observed()
    (found,) = distances(summarise(table, censored={"distance"}).estimates, table, alone)
    assert found.grid.models == ("cnn",)
    assert all(series.model == "cnn" for figure in found.figures for series in figure.series)
