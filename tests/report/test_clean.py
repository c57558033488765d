from typing import Any

import pytest
from statsmodels.stats.proportion import proportion_confint

from capsprobe.report.clean import clean_rows, unequal


def entry(model: str = "cnn", seed: int = 0, accuracy: float = 0.9, **more: Any) -> dict[str, Any]:
    return {
        "model": model,
        "dataset": "digits",
        "seed": seed,
        "parameters": 1000,
        "test_accuracy": accuracy,
        "n_test": 100,
        "epochs": 5,
    } | more


def test_accuracy_is_the_mean_over_seeds_with_worst_and_best() -> None:
    (row,) = clean_rows([entry(seed=1, accuracy=0.8), entry(seed=0, accuracy=0.9)])
    assert (row.accuracy, row.lowest, row.highest) == (pytest.approx(0.85), 0.8, 0.9)
    assert row.seeds == (0, 1)


def test_one_seed_has_wilsons_interval() -> None:
    (row,) = clean_rows([entry(accuracy=0.93)])
    assert (row.lowest, row.highest) == pytest.approx(
        proportion_confint(93, 100, method="wilson"), abs=1e-12
    )


def test_rows_are_ordered_by_dataset_then_model() -> None:
    rows = clean_rows(
        [entry("cnn", dataset="digits-pairs"), entry("cnn"), entry("capsnet"), entry("mine")]
    )
    assert [(row.dataset, row.model) for row in rows] == [
        ("digits", "capsnet"),
        ("digits", "cnn"),
        ("digits", "mine"),
        ("digits-pairs", "cnn"),
    ]


@pytest.mark.parametrize(("accuracy", "found"), [(0.905, 0), (0.906, 1), (0.894, 1)])
def test_models_more_than_half_a_point_apart_are_unequal(accuracy: float, found: int) -> None:
    rows = clean_rows([entry("capsnet", accuracy=accuracy), entry("cnn", accuracy=0.9)])
    assert len(unequal(rows, [("capsnet", "cnn")])) == found


def test_models_that_nobody_compares_may_differ() -> None:
    rows = clean_rows([entry("capsnet", accuracy=0.5), entry("cnn")])
    assert unequal(rows, []) == []
