import pandas as pd

from capsprobe.stats.aggregate import aggregate
from capsprobe.stats.means import mean_over_severities
from capsprobe.stats.paired import differences, every_pair, mean_differences
from capsprobe.stats.skill import skill
from capsprobe.stats.summary import summarise
from tests.stats.toys import curves

TABLE = curves({"a": 0.9, "b": 0.8, "c": 0.7}, severities=(0.0, 15.0, 30.0))


def test_one_walk_gives_what_each_function_gives() -> None:
    pairs = every_pair(TABLE["model"])
    found = summarise(TABLE, pairs=pairs, classes=8)
    pd.testing.assert_frame_equal(found.estimates, aggregate(TABLE))
    pd.testing.assert_frame_equal(found.means, mean_over_severities(TABLE))
    pd.testing.assert_frame_equal(found.skill, skill(TABLE, classes=8))
    pd.testing.assert_frame_equal(found.differences, differences(TABLE, pairs))
    pd.testing.assert_frame_equal(found.mean_differences, mean_differences(TABLE, pairs))


def test_models_do_not_differ_by_a_null_but_it_is_estimated() -> None:
    table = pd.concat([TABLE, TABLE.assign(metric="correct_shuffled")])
    pairs = every_pair(TABLE["model"])
    found = summarise(table, pairs=pairs, nulls={"correct_shuffled"})
    assert set(found.estimates["metric"]) == set(found.means["metric"])
    assert set(found.estimates["metric"]) == {"correct", "correct_shuffled"}
    pd.testing.assert_frame_equal(found.differences, differences(TABLE, pairs))
    pd.testing.assert_frame_equal(found.mean_differences, mean_differences(TABLE, pairs))


def test_conditions_of_which_tables_are_made_together_are_those_alone() -> None:
    other = curves({"a": 0.6, "b": 0.9}, severities=(0.0, 1.0)).assign(condition="shear")
    fewer = other[other["unit_id"] % 3 > 0]
    table, pairs = pd.concat([TABLE, fewer], ignore_index=True), every_pair(TABLE["model"])
    assert fewer["unit_id"].nunique() < TABLE["unit_id"].nunique()
    found = summarise(table, pairs=pairs)
    for name in ("estimates", "means", "skill", "differences", "mean_differences"):
        alone = [getattr(summarise(each, pairs=pairs), name) for each in (TABLE, fewer)]
        together = getattr(found, name).sort_values(["condition"], kind="stable")
        expected = pd.concat(alone).sort_values(["condition"], kind="stable")
        pd.testing.assert_frame_equal(
            together.reset_index(drop=True), expected.reset_index(drop=True)
        )


def test_no_observations_give_tables_without_rows() -> None:
    found = summarise(pd.DataFrame(columns=TABLE.columns), pairs=[("a", "b")])
    for table in (found.estimates, found.means, found.skill, found.differences):
        assert table.empty
