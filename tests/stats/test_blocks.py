import numpy as np
import pandas as pd
import pytest

from capsprobe.faults import DataFault
from capsprobe.stats.blocks import blocks
from tests.stats.toys import curves, observed

TABLE = curves({"b": 0.9, "a": 0.8}, severities=(0.0, 15.0), units=5)


def test_a_block_holds_every_value_where_its_keys_say() -> None:
    (block,) = blocks(TABLE)
    for column, key in block.keys.iterrows():
        rows = TABLE[
            (TABLE["model"] == key["model"])
            & (TABLE["severity"] == key["severity"])
            & (TABLE["training_seed"] == key["training_seed"])
        ].sort_values("unit_id")
        assert block.values[:, column].tolist() == rows["value"].tolist()
    assert block.present.all()


def test_conditions_and_datasets_are_blocks_of_their_own_in_order() -> None:
    other = TABLE.assign(condition="affnist", dataset="digits-placed")
    found = [(block.dataset, block.condition) for block in blocks(pd.concat([other, TABLE]))]
    assert found == [("digits", "rotation"), ("digits-placed", "affnist")]


def test_neither_the_order_of_rows_nor_that_of_categories_matters() -> None:
    shuffled = TABLE.sample(frac=1.0, random_state=0)
    shuffled["model"] = pd.Categorical(shuffled["model"], categories=["z", "b", "a"])
    (one,), (other,) = blocks(TABLE), blocks(shuffled)
    pd.testing.assert_frame_equal(one.keys, other.keys)
    assert (one.values == other.values).all()


def test_what_was_left_out_is_absent_and_zero() -> None:
    table = pd.concat([observed(np.array([1.0, np.nan])), observed(np.ones(2), model="b")])
    (block,) = blocks(table)
    assert block.present.tolist() == [[True, True], [False, True]]
    assert block.values.tolist() == [[1.0, 1.0], [0.0, 1.0]]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (TABLE.drop(columns="value"), "got none called 'value'"),
        (pd.concat([TABLE, TABLE.assign(probe="overlap")]), "of one probe, got"),
        (pd.concat([TABLE, TABLE.iloc[:1]]), "once, got some twice"),
    ],
)
def test_tables_that_cannot_be_meant_are_refused(table: pd.DataFrame, message: str) -> None:
    with pytest.raises(DataFault, match=message):
        list(blocks(table))


def test_no_observations_are_no_blocks() -> None:
    assert not list(blocks(pd.DataFrame(columns=TABLE.columns)))
