import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from capsprobe.stats.aggregate import AGGREGATE_COLUMNS, aggregate, binary_metrics
from tests.stats.toys import curves, observed

TABLE = curves({"b": 0.9, "a": 0.8}, seeds=3, severities=(0.0, 15.0, 30.0))


def test_a_row_is_an_estimate_and_rows_are_sorted() -> None:
    found = aggregate(TABLE)
    keys = ["model", "dataset", "condition", "severity", "metric"]
    assert tuple(found.columns) == AGGREGATE_COLUMNS
    pd.testing.assert_frame_equal(found, found.sort_values(keys, ignore_index=True))
    assert not found.duplicated(keys).any()
    assert len(found) == 6


def test_an_estimate_is_the_mean_of_the_seeds_means() -> None:
    means = TABLE.groupby(["model", "severity", "training_seed"])["value"].mean()
    expected = means.groupby(["model", "severity"]).mean()
    assert aggregate(TABLE)["estimate"].to_numpy() == pytest.approx(expected.to_numpy())


def test_seeds_count_alike_however_many_images_each_has() -> None:
    table = pd.concat([observed(np.array([1.0, np.nan, np.nan])), observed(np.zeros(3), seed=1)])
    found = aggregate(table).iloc[0]
    assert found["estimate"] == 0.5
    assert (found["n_seeds"], found["n_units"]) == (2, 3)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=8), st.integers(1, 3))
def test_an_interval_holds_its_estimate(values: list[float], seeds: int) -> None:
    table = pd.concat(
        [observed(np.roll(values, seed) * (1.0 + seed), seed=seed) for seed in range(seeds)]
    )
    found = aggregate(table).iloc[0]
    assert found["lower"] <= found["estimate"] <= found["upper"]


@given(st.lists(st.booleans(), min_size=1, max_size=30))
def test_one_seed_of_zeros_and_ones_gets_statsmodels_wilson(values: list[bool]) -> None:
    found = aggregate(observed(np.array(values, dtype=float))).iloc[0]
    expected = proportion_confint(sum(values), len(values), method="wilson")
    assert found["interval"] == "wilson"
    assert (found["lower"], found["upper"]) == pytest.approx(expected, abs=1e-12)
    assert found["n_units"] == len(values)


def test_several_seeds_get_a_bootstrap() -> None:
    found = aggregate(TABLE)
    assert (found["interval"] == "bootstrap").all()
    assert (found["lower"] < found["estimate"]).all()
    assert (found["estimate"] < found["upper"]).all()


def test_one_seed_of_another_metric_gets_a_bootstrap_of_its_images() -> None:
    table = observed(np.linspace(0.0, 1.0, 50), metric="perturbation_norm")
    found = aggregate(table).iloc[0]
    assert found["interval"] == "bootstrap"
    # Normal theory: the middle 95 % of a mean.
    half = 1.96 * table["value"].std(ddof=0) / 50**0.5
    assert (found["lower"], found["upper"]) == pytest.approx((0.5 - half, 0.5 + half), abs=0.01)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_seeds_that_are_all_right_or_all_wrong_are_not_certain(value: float) -> None:
    table = pd.concat([observed(np.full(20, value), seed=seed) for seed in range(3)])
    mixed = observed(np.array([0.0, 1.0]), severity=15.0)
    found = aggregate(pd.concat([table, mixed])).iloc[0]
    assert found["interval"] == "wilson"
    expected = proportion_confint(int(20 * value), 20, method="wilson")
    assert (found["lower"], found["upper"]) == pytest.approx(expected, abs=1e-12)


def test_a_metric_without_variance_has_a_point_for_an_interval() -> None:
    found = aggregate(observed(np.full(5, 0.3), metric="overlap_fraction")).iloc[0]
    assert found[["estimate", "lower", "upper"]].tolist() == pytest.approx([0.3, 0.3, 0.3])


@pytest.mark.parametrize("seeds", [1, 2])
def test_one_image_is_enough_for_a_row(seeds: int) -> None:
    table = pd.concat([observed(np.ones(1), seed=seed) for seed in range(seeds)])
    found = aggregate(table).iloc[0]
    assert found["n_units"] == 1
    assert found["lower"] <= found["estimate"] <= found["upper"]


def test_a_table_repeats_byte_for_byte_in_whatever_order_rows_come() -> None:
    shuffled = TABLE.sample(frac=1.0, random_state=3)
    texts = ["probe", "model", "dataset", "condition", "unit", "metric"]
    as_categories = shuffled.astype(dict.fromkeys(texts, "category"))
    expected = aggregate(TABLE).to_csv()
    assert aggregate(shuffled).to_csv() == expected
    assert aggregate(as_categories).to_csv() == expected


def test_no_observations_give_a_table_without_rows() -> None:
    found = aggregate(pd.DataFrame(columns=TABLE.columns))
    assert tuple(found.columns) == AGGREGATE_COLUMNS
    assert found["estimate"].dtype == np.float64
    assert found.empty


def test_a_metric_is_binary_where_all_its_values_are() -> None:
    table = pd.concat([TABLE, observed(np.array([0.0, 0.5]), metric="recall")])
    assert binary_metrics(table) == {"correct"}
