import numpy as np
import pandas as pd
import pytest

from capsprobe.stats.aggregate import aggregate
from capsprobe.stats.bootstrap import seed_counts, unit_counts
from capsprobe.stats.intervals import percentiles
from capsprobe.stats.means import mean_over_severities
from capsprobe.stats.paired import (
    DIFFERENCE_COLUMNS,
    MEAN_DIFFERENCE_COLUMNS,
    differences,
    every_pair,
    mean_differences,
)
from tests.oracles import stats as oracle
from tests.stats.toys import curves, observed

TABLE = curves({"a": 0.9, "b": 0.7, "c": 0.5}, seeds=3, severities=(0.0, 15.0, 30.0))


def of_seeds(values: np.ndarray, model: str) -> pd.DataFrame:
    return pd.concat(
        [observed(column, seed=seed, model=model) for seed, column in enumerate(values.T)]
    )


def test_a_difference_is_that_of_the_estimates() -> None:
    estimates = aggregate(TABLE).set_index(["model", "severity"])["estimate"]
    found = differences(TABLE, [("a", "b"), ("c", "a")])
    assert tuple(found.columns) == DIFFERENCE_COLUMNS
    assert len(found) == 6
    for row in found.itertuples():
        expected = estimates[row.model_a, row.severity] - estimates[row.model_b, row.severity]
        assert row.estimate == pytest.approx(expected)


def test_draws_equal_those_of_plain_loops_over_what_both_have() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.random((12, 3)), rng.random((12, 3))
    a[3, 1] = b[5, 0] = np.nan
    found = differences(pd.concat([of_seeds(a, "a"), of_seeds(b, "b")]), [("a", "b")]).iloc[0]
    slow = np.array(oracle.bootstrap(a - b, seed_counts(3), unit_counts(12)))
    assert found["estimate"] == pytest.approx(np.nanmean(a - b, axis=0).mean())
    assert found[["lower", "upper"]].tolist() == pytest.approx(percentiles(slow[:, None])[:, 0])


def test_a_model_does_not_differ_from_itself() -> None:
    found = differences(TABLE, [("a", "a")])
    assert (found[["estimate", "lower", "upper"]] == 0.0).all(axis=None)


def test_swapping_the_models_swaps_the_sign() -> None:
    one, other = differences(TABLE, [("a", "b")]), differences(TABLE, [("b", "a")])
    assert one["estimate"].to_numpy() == pytest.approx(-other["estimate"].to_numpy())
    assert one["lower"].to_numpy() == pytest.approx(-other["upper"].to_numpy())


def test_only_what_both_have_counts() -> None:
    table = pd.concat(
        [
            observed(np.array([1.0, 1.0, np.nan, 0.0])),
            observed(np.array([0.0, np.nan, 1.0, 0.0]), model="b"),
            observed(np.ones(4), seed=1),
            observed(np.ones(4), model="b", seed=2),
        ]
    )
    found = differences(table, [("a", "b")])
    assert found[["estimate", "n_seeds", "n_units"]].to_numpy().tolist() == [[0.5, 1, 2]]


def test_a_pair_that_shares_nothing_has_no_row() -> None:
    table = pd.concat([observed(np.ones(3)), observed(np.ones(3), model="b", seed=1)])
    for pairs in ([("a", "b")], [("a", "nobody")], []):
        found = differences(table, pairs)
        assert found.empty
        assert tuple(found.columns) == DIFFERENCE_COLUMNS


def test_pairs_beyond_a_handful_are_all_there() -> None:
    models = [f"m{index}" for index in range(8)]
    table = pd.concat([observed(np.arange(4) % 2, model=model) for model in models])
    pairs = every_pair(models)
    found = differences(table, pairs)
    assert list(zip(found["model_a"], found["model_b"], strict=True)) == pairs
    assert len(pairs) == 28


def test_pairing_takes_out_what_both_share() -> None:
    hard = (np.arange(100) < 50).astype(float)
    better = hard.copy()
    better[:5] = 0.0
    found = differences(pd.concat([observed(hard), observed(better, model="b")]), [("a", "b")])
    width = (found["upper"] - found["lower"])[0]
    # Apart, each accuracy alone is uncertain by 0.2.
    assert width < 0.11


def test_the_difference_of_means_is_the_mean_of_differences() -> None:
    means = mean_over_severities(TABLE).set_index("model")["estimate"]
    found = mean_differences(TABLE, [("a", "b")])
    assert tuple(found.columns) == MEAN_DIFFERENCE_COLUMNS
    assert found.loc[0, "estimate"] == pytest.approx(means["a"] - means["b"])
    points = differences(TABLE, [("a", "b")])
    perturbed = points.loc[points["severity"] != 0.0]
    assert found.loc[0, "lower"] > perturbed["lower"].min()
