import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import ttest_1samp
from statsmodels.stats.power import TTestPower
from statsmodels.stats.weightstats import ttost_paired

from capsprobe.stats.crossed import Sample, crossed, never_certain, of_disjoint_pairs

VALUES = arrays(np.float64, st.integers(2, 8), elements=st.floats(-1.0, 1.0, width=32))


def of_seeds(*values: float) -> Sample:
    return Sample(by_seed=np.array(values), influence=np.zeros(0))


def of_matrix(values: np.ndarray) -> Sample:
    """Return the sample of a full table, seeds by units."""
    by_unit = values.mean(axis=0)
    return Sample(
        by_seed=values.mean(axis=1), influence=(by_unit - by_unit.mean()) / values.shape[1]
    )


@given(VALUES, st.floats(-1.0, 1.0))
@settings(deadline=None)
def test_without_units_it_is_students_test(values: np.ndarray, bound: float) -> None:
    if np.ptp(values) < 1e-3:
        return
    mean = crossed(of_seeds(*values))
    above = ttest_1samp(values, bound, alternative="greater")
    below = ttest_1samp(values, bound, alternative="less")
    assert mean.p_above(bound) == pytest.approx(above.pvalue, abs=1e-6)
    assert mean.p_below(bound) == pytest.approx(below.pvalue, abs=1e-6)
    ends = ttest_1samp(values, 0.0).confidence_interval(0.95)
    assert mean.interval() == pytest.approx((ends.low, ends.high), abs=1e-6)


def test_seeds_that_are_all_alike_still_leave_the_error_of_units() -> None:
    units = np.random.default_rng(0).normal(0.3, 1.0, 50)
    mean = crossed(of_matrix(np.tile(units, (4, 1))))
    assert mean.error == pytest.approx(units.std(ddof=1) / 50**0.5)
    assert mean.degrees == 3.0


def test_two_one_sided_tests_are_those_of_statsmodels() -> None:
    a, b = np.random.default_rng(1).normal(0.0, 0.01, (2, 6))
    expected = ttost_paired(a, b, -0.02, 0.02)[0]
    assert crossed(of_seeds(*(a - b))).p_within(0.02) == pytest.approx(expected, abs=1e-9)


def test_what_could_be_found_is_what_statsmodels_finds_with_that_power() -> None:
    values = np.random.default_rng(2).normal(0.0, 2.0, 5)
    found = crossed(of_seeds(*values)).detectable(0.01, 0.8)
    power = TTestPower().power(found / values.std(ddof=1), 5, 0.01, alternative="larger")
    assert power == pytest.approx(0.8, abs=1e-6)


def test_variances_of_seeds_and_units_add_up() -> None:
    values = np.random.default_rng(3).normal(size=(3, 40))
    mean = crossed(of_matrix(values))
    seeds, units = values.mean(axis=1), values.mean(axis=0)
    expected = seeds.var(ddof=1) / 3 + units.var(ddof=1) / 40
    assert mean.error == pytest.approx(expected**0.5)
    assert mean.degrees == 2.0


def test_one_seed_decides_nothing() -> None:
    mean = crossed(of_seeds(0.7))
    assert mean.interval() == (-np.inf, np.inf)
    assert mean.p_above(-5.0) == mean.p_below(5.0) == mean.p_within(100.0) == 1.0
    assert mean.p_beyond(0.0) == 1.0
    assert mean.detectable(0.05) == np.inf


def test_no_spread_at_all_is_certain_and_no_crash() -> None:
    mean = crossed(of_seeds(0.5, 0.5, 0.5))
    assert mean.interval() == (0.5, 0.5)
    assert (mean.p_above(0.4), mean.p_above(0.5), mean.p_below(0.6)) == (0.0, 1.0, 0.0)
    assert mean.detectable(0.05) == 0.0


def test_no_seed_is_an_error() -> None:
    with pytest.raises(ValueError, match="at least one training seed"):
        crossed(of_seeds())


def test_units_that_all_agree_leave_room_for_one_that_does_not() -> None:
    certain = crossed(Sample(by_seed=np.zeros(3), influence=np.zeros(20)))
    assert certain.error == 0.0
    assert never_certain(certain).error == 0.05
    assert never_certain(certain).p_within(0.01) > 0.2
    counted = crossed(of_seeds(0.0, 0.0))
    assert never_certain(counted) == counted


@pytest.mark.parametrize(("seeds", "pairs"), [(2, 0), (3, 0), (4, 2), (5, 2), (6, 3)])
def test_a_ring_of_seeds_knows_what_its_disjoint_pairs_know(seeds: int, pairs: int) -> None:
    mean = of_disjoint_pairs(crossed(of_seeds(*np.linspace(0.0, 1.0, seeds))))
    if not pairs:
        assert mean.p_above(-100.0) == mean.p_below(100.0) == 1.0
    else:
        assert mean.degrees == pairs - 1


@pytest.mark.parametrize("seeds", [4, 5])
def test_comparisons_around_a_ring_keep_their_level(seeds: int) -> None:
    rng = np.random.default_rng(5)
    wrong, studies = 0, 2000
    for _ in range(studies):
        nets = rng.normal(size=seeds)
        ring = nets + np.roll(nets, 1)
        wrong += of_disjoint_pairs(crossed(of_seeds(*ring))).p_above(0.0) < 0.05
    assert wrong / studies < 0.05 + 3.0 * (0.05 * 0.95 / studies) ** 0.5


@pytest.mark.parametrize("seeds", [2, 3, 5])
@pytest.mark.parametrize("level", [0.05, 0.004])
@pytest.mark.parametrize("between", [0.0, 0.1, 0.3, 1.0, 10.0])
def test_its_level_is_kept_with_few_seeds(seeds: int, level: float, between: float) -> None:
    rng = np.random.default_rng(4)
    wrong, studies = 0, 3000
    for _ in range(studies):
        values = (
            rng.normal(0.0, between, (seeds, 1))
            + rng.normal(0.0, 1.0, (1, 30))
            + rng.normal(0.0, 0.5, (seeds, 30))
        )
        wrong += crossed(of_matrix(values)).p_above(0.0) < level
    # Three standard errors of a fraction of that level.
    assert wrong / studies < level + 3.0 * (level * (1.0 - level) / studies) ** 0.5
