from math import inf

import pytest

from capsprobe.stats.repeated import judge_number, judge_order


@pytest.mark.parametrize(
    ("published", "estimate", "outcome"),
    [
        (None, 1.0, "no number"),
        (1.1, 1.0, "inside"),
        (1.4, 1.0, "near"),
        (0.7, 1.0, "near"),
        (1.6, 1.0, "below"),
        (0.6, 1.0, "above"),
    ],
)
def test_distances_are_near_within_a_factor(published, estimate, outcome):
    found = judge_number(published, estimate, lower=0.9, upper=1.1, is_fraction=False)
    assert found == outcome


@pytest.mark.parametrize(
    ("published", "outcome"),
    [(0.52, "inside"), (0.545, "near"), (0.56, "below"), (0.455, "near"), (0.4, "above")],
)
def test_fractions_are_near_within_points(published, outcome):
    assert judge_number(published, 0.5, lower=0.48, upper=0.52, is_fraction=True) == outcome


def test_an_interval_without_an_end_holds_all_above():
    assert judge_number(9.0, 1.0, lower=0.9, upper=inf, is_fraction=False) == "inside"


@pytest.mark.parametrize(
    ("ours", "beside", "outcome"),
    [
        ((2.0, 3.0), (0.0, 1.0), "same"),
        ((0.0, 1.0), (2.0, 3.0), "opposite"),
        ((0.0, 2.0), (1.0, 3.0), "open"),
        ((1.0, 1.0), (1.0, 1.0), "open"),
        ((1.0, 2.0), (2.0, inf), "open"),
    ],
)
def test_an_order_is_told_only_where_intervals_do_not_meet(ours, beside, outcome):
    assert judge_order("higher", ours, beside) == outcome
    turned = {"same": "opposite", "opposite": "same"}.get(outcome, outcome)
    assert judge_order("lower", ours, beside) == turned
