"""Effects of a factorial beside the means they are made of, and beside statsmodels' regression."""

from itertools import product

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import sem

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


def test_where_units_agree_interval_and_p_are_those_of_a_randomised_block_design():
    by_seed = np.random.default_rng(1).normal(size=(4, 8, 1))
    values, levels = np.repeat(by_seed, 50, axis=2), design(3)
    every = orders(3, most=3)
    columns = np.stack([signs(levels, each) for each in every], axis=1)
    blocks = np.repeat(np.eye(4), 8, axis=0)
    fitted = sm.OLS(by_seed.ravel(), np.hstack([np.tile(columns, (4, 1)), blocks])).fit()
    assert fitted.df_resid == 3 * 7
    for place, each in enumerate(every):
        found = effect(values, levels, each)
        assert found.interval() == pytest.approx(tuple(2.0 * fitted.conf_int(0.05)[place]))
        assert found.p_beyond(0.0) == pytest.approx(fitted.pvalues[place])
        assert (found.n_seeds, found.n_units) == (4, 50)


def test_where_seeds_agree_the_error_is_that_over_units():
    values = np.repeat(drawn(1, 3, 40), 3, axis=0)
    levels = design(3)
    by_unit = values[0][levels[:, 1]].mean(axis=0) - values[0][~levels[:, 1]].mean(axis=0)
    assert effect(values, levels, (1,)).error == pytest.approx(sem(by_unit))


@pytest.mark.parametrize(
    "sizes", [(0.0, 0.0, 1.0), (1.0, 0.0, 1.0), (0.3, 0.3, 1.0), (0.0, 1.0, 0.3)]
)
def test_where_there_is_no_effect_few_studies_find_one(sizes):
    """Chance moves seeds, networks within seeds and images, each by its size; 500 studies."""
    rng, levels, wrong = np.random.default_rng(3), design(3), 0
    by_network, by_image, by_all = sizes
    for _ in range(500):
        values = (
            rng.normal(size=(3, 1, 1))
            + by_network * rng.normal(size=(3, 8, 1))
            + by_image * rng.normal(size=(1, 8, 20))
            + by_all * rng.normal(size=(3, 8, 20))
        )
        wrong += effect(values, levels, (0,)).p_beyond(0.0) < 0.05
    # Three standard errors above one in twenty.
    assert wrong <= 40


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


def test_one_seed_says_nothing_of_others():
    found = effect(drawn(1, 2, 9), design(2), (0,))
    assert found.interval() == (-np.inf, np.inf) and found.p_beyond(0.0) == 1.0


@pytest.mark.parametrize("rows", [[0, 1, 2], [0, 1, 2, 2], [0, 1, 2, 3, 3]])
def test_what_is_not_every_combination_once_is_refused(rows):
    levels = design(2)[rows]
    assert not is_full(levels) and is_full(design(2))
    with pytest.raises(ValueError, match="every combination of 2 factors once"):
        signs(levels, (0,))


def test_factors_come_singly_and_then_in_pairs():
    assert orders(3) == [(0,), (1,), (2,), (0, 1), (0, 2), (1, 2)]
