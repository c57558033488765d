import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from capsprobe.stats import bootstrap
from capsprobe.stats.blocks import blocks
from capsprobe.stats.bootstrap import (
    DRAWS,
    resample,
    resampled_means,
    seed_counts,
    unit_counts,
)
from capsprobe.stats.intervals import percentiles
from tests.oracles import stats as oracle
from tests.stats.toys import observed

VALUES = st.integers(1, 3).flatmap(
    lambda seeds: arrays(
        np.float64,
        st.tuples(st.integers(1, 6), st.just(seeds)),
        elements=st.one_of(st.floats(-1e3, 1e3, width=32), st.just(np.nan)),
    )
)


def by_seed(values: np.ndarray) -> pd.DataFrame:
    return pd.concat(
        [observed(column, seed=seed) for seed, column in enumerate(values.T)], ignore_index=True
    )


@given(VALUES)
def test_draws_equal_those_of_plain_loops(values: np.ndarray) -> None:
    values = values[~np.isnan(values).all(axis=1)]
    values = values[:, ~np.isnan(values).all(axis=0)]
    if not values.size:
        return
    (block,) = blocks(by_seed(values))
    found = resample(block)
    slow = oracle.bootstrap(
        values, seed_counts(values.shape[1])[:100], unit_counts(len(values))[:100]
    )
    np.testing.assert_allclose(found.draws[:100, 0], slow, rtol=0.0, atol=1e-8)
    assert found.estimate[0] == pytest.approx(np.nanmean(values, axis=0).mean(), abs=1e-9)


@given(st.integers(1, 400))
def test_a_draw_is_as_large_as_what_it_is_drawn_from(units: int) -> None:
    counts = unit_counts(units)
    assert counts.shape == (DRAWS, units)
    assert (counts.sum(axis=1) == units).all()


def test_every_unit_is_drawn_once_on_average() -> None:
    assert unit_counts(50).mean(axis=0) == pytest.approx(1.0, abs=0.15)
    assert unit_counts(50).var() == pytest.approx(1.0 - 1.0 / 50.0, abs=0.05)


def test_counts_repeat_and_cannot_be_changed() -> None:
    first = unit_counts(17).copy()
    unit_counts.cache_clear()
    assert (unit_counts(17) == first).all()
    with pytest.raises(ValueError, match="read-only"):
        unit_counts(17)[0, 0] = 3


def test_seeds_and_units_are_drawn_apart() -> None:
    assert (seed_counts(5) != unit_counts(5)).any()


def test_sums_do_not_depend_on_how_the_product_is_split() -> None:
    # Otherwise the number of threads would show in the last digit.
    values = np.random.default_rng(0).random((997, 64))
    present = np.ones(values.shape, dtype=bool)
    together = resampled_means(values, present)
    for column in (0, 63):
        alone = resampled_means(values[:, column : column + 1], present[:, :1])[:, 0]
        assert (alone == together[:, column]).all()
    backwards = unit_counts(997)[:, ::-1] @ np.round(values[::-1] * 2.0**42) / 2.0**42 / 997.0
    assert (backwards == together).all()


@pytest.mark.parametrize("largest", [0.0, 5e-324, 1e-300, 1.0, 1e300])
def test_values_of_any_size_keep_their_digits(largest: float) -> None:
    values = np.full((7, 1), largest)
    means = resampled_means(values, np.ones((7, 1), dtype=bool))
    assert means == pytest.approx(largest, rel=1e-9)


def test_a_draw_without_any_unit_is_undefined_and_drops_out() -> None:
    values, present = np.array([[1.0], [0.0]]), np.array([[True], [False]])
    means = resampled_means(values, present)
    assert np.isnan(means).mean() == pytest.approx(0.25, abs=0.04)
    assert percentiles(means)[:, 0].tolist() == [1.0, 1.0]


def test_one_seed_spreads_like_the_mean_of_its_images() -> None:
    values = (np.arange(400) % 4 == 0).astype(float)[:, None]
    (block,) = blocks(by_seed(values))
    # The variance of the mean of n draws from zeros and ones: p (1 - p) / n.
    assert resample(block).draws.std() == pytest.approx((0.25 * 0.75 / 400) ** 0.5, rel=0.06)


def test_images_that_never_differ_leave_the_spread_of_seeds() -> None:
    levels = np.array([0.2, 0.5, 0.8, 0.9])
    (block,) = blocks(by_seed(np.tile(levels, (30, 1))))
    assert resample(block).draws.std() == pytest.approx(levels.std() / 2.0, rel=0.06)


def test_images_are_shared_by_the_seeds_of_a_draw() -> None:
    values = np.tile((np.arange(100) % 2).astype(float)[:, None], (1, 5))
    (block,) = blocks(by_seed(values))
    # Five copies of one model know no more than one: images drawn for each would say 0.022.
    assert resample(block).draws.std() == pytest.approx(0.05, rel=0.06)


def test_groups_with_different_numbers_of_seeds_stand_side_by_side() -> None:
    rng = np.random.default_rng(1)
    few, many = rng.random((20, 1)), rng.random((20, 3))
    table = pd.concat([by_seed(few).assign(model="b"), by_seed(many)], ignore_index=True)
    (block,) = blocks(table)
    found = resample(block)
    assert found.keys["model"].tolist() == ["a", "b"]
    assert found.n_seeds.tolist() == [3, 1]
    assert found.estimate == pytest.approx([many.mean(), few.mean()])
    slow = oracle.bootstrap(few, seed_counts(1)[:50], unit_counts(20)[:50])
    assert found.draws[:50, 1] == pytest.approx(slow)


@pytest.mark.slow
def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    # Crossed effects: images differ in how hard they are, ten seeds in how good they are.
    rng, hits, rounds = np.random.default_rng(2), 0, 400
    for _ in range(rounds):
        hard, good = rng.normal(size=(100, 1)), rng.normal(size=(1, 10)) * 0.3
        (block,) = blocks(by_seed(hard + good + rng.normal(size=(100, 10))))
        lower, upper = percentiles(resample(block).draws)[:, 0]
        hits += int(lower <= 0.0 <= upper)
    assert 0.90 <= hits / rounds <= 0.98


def test_the_number_of_draws_is_the_one_that_tables_name() -> None:
    assert bootstrap.DRAWS == 2000
