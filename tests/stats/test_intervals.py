import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, norm
from statsmodels.stats.proportion import proportion_confint

from capsprobe.stats.intervals import percentiles, wilson
from tests.oracles import stats as oracle


@st.composite
def counts(draw: st.DrawFn) -> tuple[int, int]:
    count = draw(st.integers(1, 20_000))
    return draw(st.integers(0, count)), count


def ends_of(hits: int, count: int, level: float = 0.95) -> list[float]:
    return wilson(np.array([hits]), np.array([count]), level)[:, 0].tolist()


@given(counts(), st.sampled_from([0.8, 0.9, 0.95, 0.99]))
def test_wilson_equals_statsmodels_scipy_and_its_defining_equation(
    case: tuple[int, int], level: float
) -> None:
    ends = ends_of(*case, level)
    z = float(norm.ppf((1.0 + level) / 2.0))
    in_scipy = binomtest(*case).proportion_ci(confidence_level=level, method="wilson")
    assert ends == pytest.approx(
        proportion_confint(*case, alpha=1.0 - level, method="wilson"), abs=1e-12
    )
    assert ends == pytest.approx([in_scipy.low, in_scipy.high], abs=1e-9)
    assert ends == pytest.approx(oracle.wilson(*case, z), abs=1e-9)


@given(counts())
def test_wilson_holds_the_fraction_has_a_width_and_stays_a_fraction(case: tuple[int, int]) -> None:
    lower, upper = ends_of(*case)
    assert 0.0 <= lower <= case[0] / case[1] <= upper <= 1.0
    assert lower < upper


@given(counts())
def test_wilson_is_the_same_seen_from_the_failures(case: tuple[int, int]) -> None:
    lower, upper = ends_of(*case)
    mirrored = ends_of(case[1] - case[0], case[1])
    assert (1.0 - mirrored[1], 1.0 - mirrored[0]) == pytest.approx((lower, upper), abs=1e-12)


def test_wilson_works_on_many_at_once() -> None:
    lower, upper = wilson(np.array([0, 5, 10]), np.array([10, 10, 10]))
    # R 4.3, prop.test(5, 10, correct = FALSE): 0.2365931 0.7634069
    assert (lower[1], upper[1]) == pytest.approx((0.2365931, 0.7634069), abs=1e-7)
    assert lower[0] == 0.0
    assert upper[2] == 1.0


@pytest.mark.parametrize("case", [(0, 0), (-1, 5), (6, 5)])
def test_wilson_refuses_counts_that_cannot_be(case: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="expected 0 <= successes"):
        ends_of(*case)


def test_percentiles_hold_the_middle_of_each_column() -> None:
    draws = np.stack([np.arange(101.0), np.arange(101.0)[::-1] * 2.0], axis=1)
    assert percentiles(draws, 0.9) == pytest.approx(np.array([[5.0, 10.0], [95.0, 190.0]]))


def test_percentiles_drop_what_is_undefined() -> None:
    draws = np.array([[np.nan, 1.0], [3.0, 2.0], [3.0, np.nan]])
    assert percentiles(draws, 0.0) == pytest.approx(np.array([[3.0, 1.5], [3.0, 1.5]]))
