import numpy as np
import pandas as pd
import pytest

from capsprobe.faults import DataFault
from capsprobe.tables import (
    COLUMNS,
    CORRECT,
    PROBE_COLUMNS,
    SAMPLE_COLUMNS,
    STUDY_COLUMNS,
    Condition,
    Measurement,
    Metric,
    check_observations,
    observe,
)

ROTATION = Condition(name="rotation", unit="deg")
SHIFTED = Condition(name="multimnist", unit="px", has_clean=False)
NORM = Metric(name="norm", lower=0.0, upper=np.inf)


def rows(severity=0.0, values=(1.0, 0.0), condition="rotation", metric=CORRECT):
    return observe(
        condition=condition,
        severity=severity,
        unit="image",
        unit_ids=range(len(values)),
        metric=metric,
        values=values,
    )


def check(*tables, metrics=(CORRECT, NORM), conditions=(ROTATION, SHIFTED)):
    check_observations(pd.concat(tables, ignore_index=True), metrics=metrics, conditions=conditions)


def test_the_columns_are_those_of_the_design():
    assert COLUMNS == (
        "probe", "model", "training_seed", "dataset",
        "condition", "severity", "unit", "unit_id", "metric", "value",
    )  # fmt: skip
    assert COLUMNS == STUDY_COLUMNS + PROBE_COLUMNS


def test_observing_gives_one_row_a_unit():
    table = rows(severity=15.0, values=np.array([True, False, True]))
    assert tuple(table.columns) == PROBE_COLUMNS
    assert table["unit_id"].tolist() == [0, 1, 2]
    assert table["value"].tolist() == [1.0, 0.0, 1.0]
    assert set(table["severity"]) == {15.0}
    assert table["value"].dtype == np.float64


def test_a_table_as_declared_passes():
    check(rows(0.0), rows(15.0), rows(6.0, condition="multimnist"), rows(0.0, metric=NORM))


def test_an_empty_table_passes():
    check(rows(values=()))


def fails(*tables):
    with pytest.raises(DataFault) as caught:
        check(*tables)
    return str(caught.value)


def test_other_columns_fail():
    assert "expected columns" in fails(rows().drop(columns="unit"))
    assert "expected columns" in fails(rows().assign(model="cnn"))
    assert "expected columns" in fails(rows()[list(reversed(PROBE_COLUMNS))])


def test_a_name_that_is_not_declared_fails():
    other = Metric(name="other", lower=0.0, upper=1.0)
    assert "got 'other'" in fails(rows(), rows(metric=other))
    assert "got 'shear'" in fails(rows(condition="shear"))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_not_finite_fails(value):
    assert "expected finite values of norm" in fails(rows(), rows(values=(value,), metric=NORM))


@pytest.mark.parametrize("value", [-0.1, 1.1])
def test_a_value_out_of_bounds_fails(value):
    assert "expected correct in [0, 1]" in fails(rows(values=(value, 1.0)))


def test_an_observation_that_occurs_twice_fails():
    assert "every observation once" in fails(rows(), rows(values=(0.0, 1.0)))


def test_clean_rows_must_be_there_where_the_condition_has_them():
    assert "expected clean rows (severity 0) for rotation" in fails(rows(15.0))
    check(rows(6.0, condition="multimnist"))


@pytest.mark.parametrize(
    ("name", "part"), [("rotation", "rotation"), ("linf/pgd", "linf"), ("linf/pgd/scores", "linf")]
)
def test_a_part_is_the_head_of_the_name(name, part):
    assert Condition(name=name, unit="1").part == part


def test_a_measurement_without_samples_has_their_columns():
    assert tuple(Measurement(observations=rows()).samples.columns) == SAMPLE_COLUMNS
