from dataclasses import replace

import pandas as pd
import pytest

from capsprobe.report.comparisons import differences_of, forests, key_pairs, statements
from capsprobe.report.summary import FEWEST, Difference, Measure
from capsprobe.stats.aggregate import aggregate
from capsprobe.stats.paired import differences
from capsprobe.stats.summary import summarise
from tests.stats.toys import curves

MEAN = Measure(
    probe="affine",
    dataset="digits",
    condition="rotation",
    metric="correct",
    severity=None,
    unit="deg",
)
AT_15 = Measure(**{**vars(MEAN), "severity": 15.0})
TABLE = curves({"capsnet": 0.95, "cnn": 0.7}, severities=(0.0, 15.0, 30.0))
TABLES = summarise(TABLE, pairs=[("capsnet", "cnn")])


def difference(lower: float, upper: float) -> Difference:
    return Difference(
        a="a",
        b="b",
        measure=MEAN,
        estimate=(lower + upper) / 2.0,
        lower=lower,
        upper=upper,
        n_seeds=2,
        n_units=40,
    )


def test_key_pairs_are_those_of_our_models_that_are_there() -> None:
    assert key_pairs({"capsnet", "cnn"}) == [("capsnet", "cnn")]
    assert key_pairs({"capsnet", "cnn", "senet", "capsnet-uniform"}) == [
        ("capsnet", "cnn"),
        ("capsnet", "senet"),
        ("capsnet", "capsnet-uniform"),
    ]


def test_a_model_of_a_user_is_compared_with_the_plain_cnn() -> None:
    assert key_pairs({"cnn", "mine"}) == [("mine", "cnn")]


def test_models_of_a_user_alone_are_compared_with_the_first() -> None:
    assert key_pairs({"b", "a", "c"}) == [("a", "b"), ("a", "c")]


@pytest.mark.parametrize("models", [set(), {"capsnet"}])
def test_one_model_alone_has_no_pair(models: set[str]) -> None:
    assert key_pairs(models) == []


def test_a_hundred_models_make_six_pairs() -> None:
    assert len(key_pairs(f"m{place}" for place in range(100))) == 6


def test_difference_is_that_of_the_paired_table() -> None:
    found = differences_of([("capsnet", "cnn")], [AT_15], TABLES)
    row = differences(TABLE, [("capsnet", "cnn")]).query("severity == 15").iloc[0]
    assert [(each.estimate, each.lower, each.upper) for each in found] == [
        (row["estimate"], row["lower"], row["upper"])
    ]


def test_difference_at_a_severity_is_the_difference_of_the_estimates() -> None:
    estimates = aggregate(TABLE).query("severity == 15").set_index("model")["estimate"]
    found = differences_of([("capsnet", "cnn")], [AT_15], TABLES)[0]
    assert found.estimate == pytest.approx(estimates["capsnet"] - estimates["cnn"])


def test_pair_the_other_way_round_turns_sign_and_ends() -> None:
    one = differences_of([("capsnet", "cnn")], [MEAN], TABLES)[0]
    other = differences_of([("cnn", "capsnet")], [MEAN], TABLES)[0]
    assert (other.estimate, other.lower, other.upper) == (-one.estimate, -one.upper, -one.lower)


def test_measure_that_was_not_taken_has_no_difference() -> None:
    absent = Measure(**{**vars(MEAN), "condition": "shear"})
    assert differences_of([("capsnet", "cnn")], [absent], TABLES) == []


@pytest.mark.parametrize(
    ("lower", "upper", "direction"),
    [
        (0.01, 0.02, "higher"),
        (-0.02, -0.01, "lower"),
        (-0.01, 0.01, "none"),
        (0.0, 0.1, "none"),
        (0.0, 0.0, "same"),
    ],
)
def test_direction_is_what_the_interval_shows(lower: float, upper: float, direction: str) -> None:
    assert difference(lower, upper).direction == direction


def test_statement_holds_each_difference_once() -> None:
    held = [difference(0.01, 0.02), difference(-0.02, -0.01), difference(-0.1, 0.1)]
    (statement,) = statements(held)
    sides = [len(statement.towards(side)) for side in ("higher", "lower", "none", "same")]
    assert sides == [1, 1, 1, 0]
    assert (statement.n_seeds, statement.n_units) == ((2, 2), (40, 40))


def test_forest_holds_all_measures_of_a_pair() -> None:
    (forest,) = forests([difference(0.01, 0.02), difference(-0.1, 0.1)])
    assert (forest.a, forest.b, len(forest.differences)) == ("a", "b", 2)


def test_no_tables_give_no_difference() -> None:
    empty = summarise(TABLE.head(0), pairs=[])
    assert isinstance(empty.estimates, pd.DataFrame)
    assert differences_of([("capsnet", "cnn")], [MEAN], empty) == []


def test_no_direction_is_named_from_a_handful_of_images() -> None:
    certain = difference(1.0, 1.0)
    assert certain.direction == "higher"
    assert replace(certain, n_units=FEWEST - 1).direction == "none"
