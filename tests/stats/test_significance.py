import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import binomtest, ttest_1samp

from capsprobe.stats.significance import mcnemar, seed_paired_t
from tests.oracles import stats as oracle

RIGHT = arrays(np.float64, st.shared(st.integers(1, 40)), elements=st.sampled_from([0.0, 1.0]))


@given(RIGHT, RIGHT)
def test_mcnemar_is_a_binomial_test_of_what_only_one_got(a: np.ndarray, b: np.ndarray) -> None:
    found = mcnemar(a, b)
    only_a, only_b = int(((a == 1) & (b == 0)).sum()), int(((a == 0) & (b == 1)).sum())
    assert (found.only_a, found.only_b) == (only_a, only_b)
    assert found.p_value == pytest.approx(oracle.mcnemar(only_a, only_b))
    if only_a + only_b:
        assert found.p_value == pytest.approx(binomtest(only_a, only_a + only_b).pvalue)


@given(
    arrays(np.float64, st.integers(2, 10), elements=st.floats(-1.0, 1.0, width=32)),
    st.sampled_from([0.9, 0.95]),
)
def test_seed_paired_t_equals_scipy(by_seed: np.ndarray, level: float) -> None:
    assume(np.ptp(by_seed) > 1e-3)
    found, expected = seed_paired_t(by_seed, level), ttest_1samp(by_seed, 0.0)
    interval = expected.confidence_interval(level)
    assert found.p_value == pytest.approx(expected.pvalue, abs=1e-9)
    assert (found.lower, found.upper) == pytest.approx((interval.low, interval.high), abs=1e-9)


def test_one_seed_says_nothing_about_others() -> None:
    found = seed_paired_t(np.array([0.3]))
    assert (found.estimate, found.lower, found.upper) == (0.3, -math.inf, math.inf)
    assert found.p_value == 1.0


@pytest.mark.parametrize(("value", "p_value"), [(0.0, 1.0), (0.25, 0.0)])
def test_seeds_without_spread_do_not_crash_the_t_test(value: float, p_value: float) -> None:
    found = seed_paired_t(np.full(3, value))
    assert (found.lower, found.upper, found.p_value) == (value, value, p_value)
