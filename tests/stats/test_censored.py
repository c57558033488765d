"""Medians with values that lie beyond what could be found."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capsprobe.stats.censored import censored, reached, weighted_medians
from capsprobe.stats.summary import summarise

METRICS = frozenset({"distance"})


def observed(distances, *, wrong=0, model="cnn", seed=0, condition="l2/cw"):
    """Return rows of images with these distances, None where nothing broke them."""
    place = {"probe": "adversarial", "model": model, "training_seed": seed, "dataset": "digits"}
    place |= {"condition": condition, "severity": 0.0, "unit": "image"}
    right = [1.0] * len(distances) + [0.0] * wrong
    rows = [
        {**place, "unit_id": unit, "metric": "correct", "value": value}
        for unit, value in enumerate(right)
    ]
    rows += [
        {**place, "unit_id": unit, "metric": "distance", "value": value}
        for unit, value in enumerate(distances)
        if value is not None
    ]
    return pd.DataFrame(rows)


def row(table, metric):
    chosen = table[table["metric"] == metric]
    return chosen.iloc[0] if len(chosen) else None


@given(
    st.lists(st.one_of(st.none(), st.floats(0.01, 10.0)), min_size=1, max_size=15),
    st.integers(0, 3),
)
def test_the_median_counts_unbroken_images_as_infinitely_far(distances, wrong):
    if all(each is None for each in distances):
        return
    table = censored(observed(distances, wrong=wrong), METRICS)
    expected = np.median([np.inf if each is None else each for each in distances])
    found = row(table, "distance")
    if np.isinf(expected):
        assert found is None
    else:
        assert found["estimate"] == expected
        assert found["lower"] <= expected <= found["upper"]
        assert found["n_units"] == len(distances)
    broken = np.mean([each is not None for each in distances])
    assert row(table, "distance_found")["estimate"] == pytest.approx(broken)


def test_an_image_that_was_not_attacked_is_no_unbroken_one():
    table = observed([1.0, 2.0, None, None])
    attacked = table[table["unit_id"] != 3]
    found = row(censored(attacked, METRICS), "distance")
    assert (found["estimate"], found["n_units"]) == (2.0, 3)
    assert row(censored(attacked, METRICS), "distance_found")["estimate"] == pytest.approx(2 / 3)


def test_where_a_distance_was_sought_and_nothing_broke_the_fraction_is_nought_with_a_bound():
    unbroken = observed([None] * 10, wrong=2)
    assert censored(unbroken, METRICS).empty
    assert censored(unbroken, METRICS, frozenset({"l2/fab"})).empty
    table = censored(unbroken, METRICS, frozenset({"l2/cw"}))
    assert row(table, "distance") is None
    found = row(table, "distance_found")
    # Wilson's upper end for 0 of 10.
    assert (found["estimate"], found["n_units"]) == (0.0, 10)
    assert found["upper"] == pytest.approx(0.27753, abs=1e-5)
    broken = observed([1.0, 2.0])
    pd.testing.assert_frame_equal(
        censored(broken, METRICS, frozenset({"l2/cw"})), censored(broken, METRICS)
    )


def test_half_broken_is_not_enough_and_more_than_half_is():
    assert row(censored(observed([1.0, 2.0, None, None]), METRICS), "distance") is None
    found = row(censored(observed([1.0, 2.0, 3.0, None, None]), METRICS), "distance")
    assert found["estimate"] == 3.0 and found["upper"] == np.inf and found["lower"] == 1.0


def test_images_wrong_when_clean_are_in_no_denominator():
    one = censored(observed([1.0, 2.0, 3.0]), METRICS)
    other = censored(observed([1.0, 2.0, 3.0], wrong=5), METRICS)
    columns = ["metric", "estimate", "n_units"]
    pd.testing.assert_frame_equal(one[columns], other[columns])


def test_seeds_are_averaged_and_their_draws_paired_by_image():
    table = pd.concat([observed([1.0, 2.0, 3.0], seed=0), observed([5.0, 6.0, 7.0], seed=1)])
    found = row(censored(table, METRICS), "distance")
    assert found["estimate"] == 4.0 and found["n_seeds"] == 2
    assert found["lower"] <= 2.0 and found["upper"] >= 6.0


def test_a_model_that_nothing_broke_stands_beside_those_that_were_broken():
    both = pd.concat([observed([1.0, 2.0, 3.0]), observed([None, None, None], model="capsnet")])
    table = censored(both, METRICS).set_index(["model", "metric"])["estimate"]
    assert table["capsnet", "distance_found"] == 0.0 and table["cnn", "distance_found"] == 1.0
    assert ("capsnet", "distance") not in table.index
    within = reached(both, "distance")
    assert set(within["model"]) == {"capsnet", "cnn"}
    assert (within.loc[within["model"] == "capsnet", "estimate"] == 0.0).all()


@given(st.lists(st.tuples(st.floats(0.0, 9.0), st.integers(0, 4)), min_size=1, max_size=8))
def test_a_weighted_median_is_that_of_values_written_out(pairs):
    values, counts = (np.array(each) for each in zip(*pairs, strict=True))
    found = weighted_medians(values.astype(float), counts[None, :])
    written = np.repeat(values, counts)
    assert (np.isnan(found[0]) and not len(written)) or found[0] == np.median(written)


@given(st.lists(st.one_of(st.none(), st.floats(0.01, 10.0)), min_size=1, max_size=9))
def test_what_is_reached_within_a_threshold_is_counted_among_all(distances):
    table = reached(observed(distances, wrong=2), "distance")
    known = [each for each in distances if each is not None]
    assert len(table) == (25 if known else 0)
    for each in table.itertuples():
        within = sum(distance <= each.severity for distance in known)
        assert each.estimate == pytest.approx(within / len(distances))
        assert each.lower <= each.estimate <= each.upper
    if known:
        assert table["severity"].max() == max(known)


def test_a_censored_metric_has_no_mean_in_the_summary():
    summary = summarise(observed([1.0, 2.0, 9.0, None]), censored=METRICS)
    rows = summary.estimates[summary.estimates["metric"] == "distance"]
    assert rows["estimate"].tolist() == [5.5]
    assert "distance_found" in set(summary.estimates["metric"])
    assert not summary.differences["metric"].isin(["distance", "distance_found"]).any()


def test_nothing_censored_is_an_empty_table():
    assert censored(observed([1.0]), frozenset()).empty
