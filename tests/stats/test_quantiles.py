import numpy as np
import pandas as pd
import pytest

from capsprobe.stats.quantiles import STEPS, quantiles
from tests.stats.toys import observed


def test_quantiles_go_from_the_least_to_the_largest_of_all_seeds():
    one = observed(np.arange(0.0, 21.0), seed=0)
    other = observed(np.arange(20.0, 41.0), seed=1)
    found = quantiles(pd.concat([one, other], ignore_index=True))
    assert len(found) == STEPS + 1
    assert found["value"].iloc[[0, -1]].tolist() == [0.0, 40.0]
    assert found["value"].iloc[STEPS // 2] == pytest.approx(20.0)
    assert found[["n_seeds", "n_units"]].drop_duplicates().to_numpy().tolist() == [[2, 21]]


def test_models_conditions_and_metrics_are_kept_apart():
    tables = [
        observed(np.full(3, value), model=model, metric=metric)
        for value, (model, metric) in enumerate([("a", "ari"), ("a", "ami"), ("b", "ari")])
    ]
    found = quantiles(pd.concat(tables, ignore_index=True))
    by_key = found.groupby(["model", "metric"])["value"].unique().map(list).to_dict()
    assert by_key == {("a", "ari"): [0.0], ("a", "ami"): [1.0], ("b", "ari"): [2.0]}


def test_nothing_has_no_quantiles():
    assert quantiles(observed(np.ones(2)).head(0)).empty
