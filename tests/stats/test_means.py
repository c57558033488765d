import numpy as np
import pandas as pd
import pytest

from capsprobe.stats.aggregate import aggregate
from capsprobe.stats.means import MEAN_COLUMNS, mean_over_severities
from tests.stats.toys import curves, observed

TABLE = curves({"a": 0.9, "b": 0.8}, seeds=2, severities=(0.0, -0.2, 0.2, 0.4))


def test_a_mean_is_that_of_the_severities_other_than_zero() -> None:
    points = aggregate(TABLE)
    perturbed = points[points["severity"] != 0.0]
    found = mean_over_severities(TABLE)
    assert tuple(found.columns) == MEAN_COLUMNS
    expected = perturbed.groupby("model")["estimate"].mean()
    assert found["estimate"].to_numpy() == pytest.approx(expected.to_numpy())
    assert found["n_severities"].tolist() == [3, 3]
    assert found["n_units"].tolist() == [40, 40]


def test_severities_that_move_together_are_no_more_certain_than_one() -> None:
    values = (np.arange(60) % 3 == 0).astype(float)
    curve = [observed(values, severity=severity) for severity in (1.0, 2.0, 3.0)]
    one = mean_over_severities(curve[0])
    found = mean_over_severities(pd.concat(curve))
    ends = ["estimate", "lower", "upper"]
    assert found.loc[0, ends].tolist() == pytest.approx(one.loc[0, ends].tolist())


def test_severities_count_alike_however_many_images_they_left_out() -> None:
    few = observed(np.array([1.0, np.nan, np.nan, np.nan]), severity=30.0)
    found = mean_over_severities(pd.concat([observed(np.zeros(4), severity=15.0), few]))
    assert found.loc[0, "estimate"] == 0.5


def test_a_condition_with_clean_rows_alone_has_no_mean() -> None:
    found = mean_over_severities(observed(np.ones(4)))
    assert tuple(found.columns) == MEAN_COLUMNS
    assert found.empty
