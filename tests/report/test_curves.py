import pytest

from capsprobe.report.curves import panels
from capsprobe.report.measures import Scope
from capsprobe.stats.summary import summarise
from tests.stats.toys import curves

TABLES = summarise(curves({"capsnet": 0.95, "cnn": 0.7}, severities=(0.0, 15.0, 30.0)))


def scope(*conditions: str) -> Scope:
    return Scope(
        probe="affine",
        dataset="digits",
        conditions=conditions,
        units={"rotation": "deg"},
        models=("cnn", "capsnet"),
    )


def test_panel_shows_the_table() -> None:
    (panel,) = panels(TABLES.estimates, scope("rotation"), classes=10)
    rows = TABLES.estimates.query("model == 'cnn'")
    assert [series.model for series in panel.series] == ["cnn", "capsnet"]
    assert panel.series[0].severities == (0.0, 15.0, 30.0)
    assert panel.series[0].estimates == tuple(rows["estimate"])
    assert panel.series[0].upper == tuple(rows["upper"])
    assert (panel.n_seeds, panel.n_units, panel.unit) == ((2, 2), (40, 40), "deg")


def test_chance_is_shown_but_not_under_attack() -> None:
    (panel,) = panels(TABLES.estimates, scope("rotation"), classes=10)
    assert panel.chance == pytest.approx(0.1)
    attacked = TABLES.estimates.assign(condition="linf/worst")
    (panel,) = panels(attacked, scope("linf/worst"), classes=10)
    assert panel.chance is None


def test_condition_that_was_not_measured_has_no_panel() -> None:
    assert panels(TABLES.estimates, scope("shear"), classes=10) == ()


def test_single_output_maps_have_no_panel() -> None:
    table = TABLES.estimates.assign(condition="linf/pgd/margin")
    assert panels(table, scope("linf/pgd/margin"), classes=10) == ()
