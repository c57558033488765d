import numpy as np
import pandas as pd
import pytest

from capsprobe.stats.falling import SLACK, falling
from tests.stats.toys import observed


def curve(*by_severity: list[float], seed: int = 0) -> pd.DataFrame:
    """Return units' values at severities 1, 2, ...: a list a severity."""
    tables = [
        observed(np.array(values), severity=float(place), metric="inertia", seed=seed)
        for place, values in enumerate(by_severity, start=1)
    ]
    return pd.concat(tables, ignore_index=True)


def test_a_unit_counts_where_its_value_never_rises():
    (row,) = falling(
        curve([3.0, 3.0, 3.0, 3.0], [2.0, 3.0, 4.0, 1.0], [1.0, 3.0, 0.0, 2.0])
    ).to_dict("records")
    assert (row["metric"], row["severity"], row["estimate"]) == ("inertia_falls", 3.0, 0.5)
    assert (row["n_seeds"], row["n_units"], row["interval"]) == (1, 4, "wilson")


@pytest.mark.parametrize(("by", "estimate"), [(0.5, 1.0), (2.0, 0.0)])
def test_rounding_is_no_rise(by: float, estimate: float):
    table = curve([-10.0], [-10.0 * (1.0 - by * SLACK)])
    assert falling(table)["estimate"].tolist() == [estimate]


def test_the_estimate_is_the_mean_over_seeds():
    falls, rises = curve([2.0, 2.0], [1.0, 1.0]), curve([2.0, 1.0], [1.0, 2.0], seed=1)
    found = falling(pd.concat([falls, rises], ignore_index=True))
    assert found["estimate"].tolist() == [0.75]


def test_the_order_of_rows_does_not_matter():
    table = curve([3.0, 1.0], [2.0, 2.0], [1.0, 3.0])
    pd.testing.assert_frame_equal(falling(table), falling(table.sample(frac=1.0, random_state=1)))
