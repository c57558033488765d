import pandas as pd
import pytest

from capsprobe.stats.lights.signs import LIGHTS
from capsprobe.stats.lights.table import (
    LIGHT_COLUMNS,
    Threatened,
    is_shown,
    lights,
    not_shown,
)
from capsprobe.tables import COLUMNS
from tests.stats.lights.recorded import TRIALS, strength

WEAK = {**TRIALS, "pgd": {0.05: 10, 1.0: 3}}


@pytest.fixture(scope="module")
def table():
    """Return the lights of two models; one fails, with its second training seed, in Linf alone."""
    held = [
        strength("cnn"),
        strength("capsnet"),
        strength("capsnet", trials=WEAK, seed=1),
        strength("capsnet", threat="l2"),
    ]
    return lights(pd.concat(held, ignore_index=True))


def test_there_is_a_row_for_each_light_of_each_checkpoint_and_threat(table):
    assert tuple(table.columns) == LIGHT_COLUMNS
    assert len(table) == 4 * len(LIGHTS)
    assert not table.duplicated(["model", "dataset", "training_seed", "threat", "light"]).any()
    assert table.loc[table["state"] == "not checked", "value"].isna().all()


def test_one_seed_that_fails_one_light_is_enough(table):
    assert not_shown(table) == {Threatened("capsnet", "digits", "linf"): ("reaches-zero",)}
    assert not is_shown(table, "capsnet", "digits", "linf")
    assert is_shown(table, "capsnet", "digits", "l2")
    assert is_shown(table, "cnn", "digits", "linf")


def test_where_nobody_asked_nothing_is_shown(table):
    assert not is_shown(table, "cnn", "digits", "l2")
    assert not is_shown(table, "senet", "digits", "linf")


def test_a_run_without_the_probe_has_no_lights():
    assert lights(pd.DataFrame(columns=[*COLUMNS])).empty
    assert not not_shown(lights(pd.DataFrame(columns=[*COLUMNS])))


def test_the_order_of_observations_changes_nothing(table):
    rows = strength("capsnet", trials=WEAK)
    pd.testing.assert_frame_equal(
        lights(rows), lights(rows.sample(frac=1.0, random_state=0).reset_index(drop=True))
    )
