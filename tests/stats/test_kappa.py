import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import cohen_kappa_score

from capsprobe.faults import DataFault
from capsprobe.stats.aggregate import AGGREGATE_COLUMNS
from capsprobe.stats.bootstrap import seed_counts, unit_counts
from capsprobe.stats.kappa import agreements

NOMINAL = frozenset({"predicted"})
IMAGES, SEEDS, WAYS = 40, (0, 1), ("dynamic", "kmeans", "uniform")


def answers():
    rng = np.random.default_rng(0)
    right = rng.integers(4, size=IMAGES)
    noisy = rng.random((len(SEEDS), len(WAYS), IMAGES)) < 0.3
    return np.where(noisy, rng.integers(4, size=noisy.shape), right)


def observed(values):
    tables = [
        pd.DataFrame(
            {
                "probe": "routing",
                "model": "capsnet",
                "training_seed": seed,
                "dataset": "digits",
                "condition": f"swap/{way}",
                "severity": 3.0,
                "unit": "image",
                "unit_id": np.arange(IMAGES) * 3,
                "metric": "predicted",
                "value": values[s, w].astype(float),
            }
        )
        for s, seed in enumerate(SEEDS)
        for w, way in enumerate(WAYS)
    ]
    return pd.concat(tables, ignore_index=True)


def row(table, condition, metric):
    (found,) = table[(table["condition"] == condition) & (table["metric"] == metric)].to_dict(
        "records"
    )
    return found


def test_kappa_is_scikit_learns_in_the_mean_over_seeds():
    values = answers()
    table = agreements(observed(values), NOMINAL)
    assert tuple(table.columns) == AGGREGATE_COLUMNS
    assert len(table) == 6
    for a, b in ((0, 1), (0, 2), (1, 2)):
        condition = f"swap/{WAYS[a]}/{WAYS[b]}"
        expected = np.mean([cohen_kappa_score(each[a], each[b]) for each in values])
        assert row(table, condition, "cohen_kappa")["estimate"] == pytest.approx(expected)
        same = (values[:, a] == values[:, b]).mean()
        assert row(table, condition, "same_prediction")["estimate"] == pytest.approx(same)


def test_the_interval_is_a_bootstrap_of_seeds_then_images():
    values = answers()
    draws = []
    for units, seeds in zip(unit_counts(IMAGES)[:], seed_counts(len(SEEDS)), strict=True):
        drawn = np.repeat(np.arange(IMAGES), units)
        found = [cohen_kappa_score(each[0][drawn], each[1][drawn]) for each in values]
        draws.append(np.average(found, weights=seeds))
    found = row(agreements(observed(values), NOMINAL), "swap/dynamic/kmeans", "cohen_kappa")
    expected = np.quantile(draws, [0.025, 0.975])
    assert [found["lower"], found["upper"]] == pytest.approx(expected.tolist())
    assert (found["n_seeds"], found["n_units"]) == (2, IMAGES)


def test_equal_answers_have_one_and_a_single_class_has_no_kappa():
    values = answers()
    values[:, 1] = values[:, 0]
    table = agreements(observed(values), NOMINAL)
    same = row(table, "swap/dynamic/kmeans", "cohen_kappa")
    assert (same["estimate"], same["lower"], same["upper"]) == pytest.approx((1.0, 1.0, 1.0))
    alone = agreements(observed(np.zeros_like(values)), NOMINAL)
    assert set(alone["metric"]) == {"same_prediction"}
    assert (alone["estimate"] == 1.0).all()


def test_chance_gives_none():
    rng = np.random.default_rng(1)
    table = agreements(observed(rng.integers(4, size=answers().shape)), NOMINAL)
    kappas = table[table["metric"] == "cohen_kappa"]
    assert (kappas["lower"] < 0.05).all()
    assert (kappas["upper"] > -0.05).all()


def test_nothing_nominal_is_no_row_and_a_gap_is_refused():
    table = observed(answers())
    assert agreements(table, frozenset()).empty
    with pytest.raises(DataFault, match="every image to be answered in every way of swap"):
        agreements(table.drop(index=5), NOMINAL)
