"""Effects of a factorial beside the means they are made of, and beside statsmodels' regression."""

from itertools import product

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import sem, ttest_1samp

from capsprobe.stats.factorial import effect, is_full, orders, signs


def design(factors):
    return np.array(list(product((False, True), repeat=factors)))


def drawn(seeds, factors, units, seed=0):
    return np.random.default_rng(seed).normal(size=(seeds, 2**factors, units))


@pytest.mark.parametrize("factors", [1, 2, 5])
def test_a_main_effect_is_what_is_with_it_minus_what_is_without(factors):
    values, levels = drawn(3, factors, 4), design(factors)
    for factor in range(factors):
        has = levels[:, factor]
        expected = values[:, has].mean() - values[:, ~has].mean()
        assert effect(values, levels, (factor,)).estimate == pytest.approx(expected)


def test_two_together_are_half_the_difference_of_differences():
    values, levels = drawn(2, 3, 5), design(3)
    a, b = levels[:, 0], levels[:, 2]
    mean = {(x, y): values[:, (a == x) & (b == y)].mean() for x in (0, 1) for y in (0, 1)}
    expected = ((mean[1, 1] - mean[0, 1]) - (mean[1, 0] - mean[0, 0])) / 2.0
    assert effect(values, levels, (0, 2)).estimate == pytest.approx(expected)


def test_estimates_are_twice_the_coefficients_of_a_regression_on_signs():
    values, levels = drawn(3, 4, 6), design(4)
    every = orders(4, most=4)
    columns = np.stack([signs(levels, each) for each in every], axis=1)
    fitted = sm.OLS(values.mean(axis=(0, 2)), sm.add_constant(columns)).fit()
    found = [effect(values, levels, each).estimate for each in every]
    np.testing.assert_allclose(found, 2.0 * fitted.params[1:], atol=1e-12)


def test_where_units_agree_the_interval_is_students_over_seeds():
    by_seed = np.random.default_rng(1).normal(size=(4, 8, 1))
    values, levels = np.repeat(by_seed, 50, axis=2), design(3)
    found = effect(values, levels, (1,))
    has = levels[:, 1]
    each = by_seed[:, has, 0].mean(axis=1) - by_seed[:, ~has, 0].mean(axis=1)
    expected = ttest_1samp(each, 0.0)
    assert found.interval() == pytest.approx(tuple(expected.confidence_interval(0.95)))
    assert found.p_beyond(0.0) == pytest.approx(expected.pvalue)
    assert (found.n_seeds, found.n_units) == (4, 50)


def test_where_seeds_agree_the_error_is_that_over_units():
    values = np.repeat(drawn(1, 3, 40), 3, axis=0)
    levels = design(3)
    by_unit = values[0][levels[:, 1]].mean(axis=0) - values[0][~levels[:, 1]].mean(axis=0)
    assert effect(values, levels, (1,)).error == pytest.approx(sem(by_unit))


@pytest.mark.parametrize("seeds", [3, 5])
@pytest.mark.parametrize(
    ("network", "twins", "part", "image"),
    [
        (0.0, 0.0, 0.0, 0.0),
        (1.0, 0.0, 0.0, 0.0),
        (0.3, 0.0, 0.0, 0.3),
        (0.3, 1.0, 0.0, 0.0),
        (0.3, 0.3, 0.5, 0.0),
        (0.0, 0.0, 0.0, 1.0),
    ],
)
def test_where_there_is_no_effect_few_studies_find_one(seeds, network, twins, part, image):
    """Chance moves seeds, networks, pairs that differ in one part alone, a part, and images."""
    rng, levels, wrong = np.random.default_rng(3), design(3), 0
    signed = np.where(levels[:, 0], 0.5, -0.5)[:, None]
    for _ in range(400):
        alike = np.repeat(rng.normal(size=(seeds, 4, 1)), 2, axis=1)
        values = (
            rng.normal(size=(seeds, 1, 1))
            + network * rng.normal(size=(seeds, 8, 1))
            + twins * alike
            + part * rng.normal(size=(seeds, 1, 1)) * signed
            + image * rng.normal(size=(1, 8, 20))
            + 0.3 * rng.normal(size=(seeds, 8, 20))
        )
        wrong += effect(values, levels, (0,)).p_beyond(0.0) < 0.05
    # Three standard errors above one in twenty.
    assert wrong <= 33


@given(st.integers(0, 2**16), st.integers(1, 4))
def test_the_order_of_cells_and_what_all_have_in_common_change_nothing(seed, factors):
    values, levels = drawn(2, factors, 3, seed), design(factors)
    order = np.random.default_rng(seed).permutation(len(levels))
    whole, mixed = (
        effect(values, levels, (0,)),
        effect(values[:, order] + 5.0, levels[order], (0,)),
    )
    assert mixed.estimate == pytest.approx(whole.estimate)
    assert mixed.error == pytest.approx(whole.error)


def test_a_planted_effect_is_found_where_it_is_and_nowhere_else():
    values, levels = drawn(3, 3, 40) * 1e-3, design(3)
    values[:, levels[:, 2]] += 0.25
    found = {each: effect(values, levels, each) for each in orders(3)}
    assert found[(2,)].estimate == pytest.approx(0.25, abs=1e-3)
    assert found[(2,)].p_beyond(0.0) < 1e-3
    assert all(abs(mean.estimate) < 1e-3 for held, mean in found.items() if held != (2,))


@pytest.mark.parametrize("sizes", [(1, 9), (3, 1)])
def test_one_seed_or_one_unit_says_nothing_of_others(sizes):
    seeds, units = sizes
    found = effect(drawn(seeds, 2, units), design(2), (0,))
    assert found.interval() == (-np.inf, np.inf) and found.p_beyond(0.0) == 1.0


@pytest.mark.parametrize("rows", [[0, 1, 2], [0, 1, 2, 2], [0, 1, 2, 3, 3]])
def test_what_is_not_every_combination_once_is_refused(rows):
    levels = design(2)[rows]
    assert not is_full(levels) and is_full(design(2))
    with pytest.raises(ValueError, match="every combination of 2 factors once"):
        signs(levels, (0,))


def test_factors_come_singly_and_then_in_pairs():
    assert orders(3) == [(0,), (1,), (2,), (0, 1), (0, 2), (1, 2)]
