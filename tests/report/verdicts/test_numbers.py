from math import inf, log, nan

import pytest

from capsprobe.report.verdicts.numbers import bare, effect, possible, probability


@pytest.mark.parametrize(
    ("value", "scale", "en", "zh"),
    [
        (0.0123, "points", "+1.2 pp", "+1.2 个百分点"),
        (-0.0123, "points", "−1.2 pp", "−1.2 个百分点"),
        (-0.0001, "points", "0.0 pp", "0.0 个百分点"),
        (0.05, "score", "+0.050", "+0.050"),
        (log(1.1), "ratio", "×1.10", "×1.10"),
        (0.013, "bits", "+0.013 bit", "+0.013 比特"),
    ],
)
def test_an_effect_has_its_unit_and_the_same_digits_in_both(value, scale, en, zh):
    assert effect(value, scale, "en") == en
    assert effect(value, scale, "zh") == zh


def test_what_has_no_end_or_is_unknown_is_shown_as_such():
    assert bare(inf, "points") == "∞"
    assert bare(-inf, "score") == "−∞"
    assert bare(-inf, "ratio") == "0"
    assert bare(nan, "score") == "–"
    # Two training seeds can leave a quotient open up to what no float holds.
    assert bare(800.0, "ratio") == ">×1000"


@pytest.mark.parametrize(
    ("value", "scale", "can_be"),
    [
        (0.99, "points", True),
        (-1.2, "points", False),
        (1.9, "rank", True),
        (2.1, "score", False),
        (log(900.0), "ratio", True),
        (72.0, "ratio", False),
        (3.2, "bits", True),
        (inf, "bits", False),
        (nan, "points", False),
    ],
)
def test_an_effect_that_no_measure_can_have_is_none(value, scale, can_be):
    assert possible(value, scale) is can_be


def test_a_p_value_has_three_digits_or_is_below_them():
    assert probability(0.0004) == "< 0.001"
    assert probability(0.0123) == "= 0.012"
