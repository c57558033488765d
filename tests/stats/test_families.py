import numpy as np
import pytest
from scipy.stats import f_oneway

from capsprobe.stats.families import brown_forsythe, holm


def test_holm_gives_the_values_worked_out_by_hand() -> None:
    # 0.01 x 4, 0.02 x 3, 0.03 x 2 and 0.04 x 1, none smaller than the one before.
    assert holm([0.01, 0.04, 0.03, 0.02]) == pytest.approx((0.04, 0.06, 0.06, 0.06))
    assert holm([]) == ()


def test_brown_forsythe_is_an_analysis_of_variance_of_distances_from_the_median() -> None:
    a, b = np.random.default_rng(0).normal(0.0, [[1.0], [3.0]], (2, 9))
    ratio, p_value = brown_forsythe(a, b)
    far = [np.abs(each - np.median(each)) for each in (a, b)]
    assert p_value == pytest.approx(f_oneway(*far).pvalue, abs=1e-6)
    assert ratio == pytest.approx(far[0].mean() / far[1].mean())


def test_too_few_values_and_values_without_spread_say_nothing() -> None:
    assert brown_forsythe(np.array([1.0, 2.0]), np.array([1.0, 5.0]))[1] == 1.0
    ratio, p_value = brown_forsythe(np.ones(5), np.ones(5))
    assert np.isnan(ratio)
    assert p_value == 1.0
