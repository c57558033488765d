from dataclasses import replace

from capsprobe.report.grids import estimates_grid, means_grid
from capsprobe.report.measures import Scope
from capsprobe.report.panels import Cell
from capsprobe.stats.summary import summarise
from tests.stats.toys import curves

TABLES = summarise(curves({"capsnet": 0.95, "cnn": 0.7}, severities=(0.0, 15.0, 30.0)))
SCOPE = Scope(
    probe="affine",
    dataset="digits",
    conditions=("rotation",),
    units={"rotation": "deg"},
    models=("cnn", "capsnet"),
)


def test_models_share_a_row_in_the_order_of_the_scope() -> None:
    grid = estimates_grid(TABLES.estimates, SCOPE)
    assert grid.models == ("cnn", "capsnet")
    assert [row.severity for row in grid.rows] == [0.0, 15.0, 30.0]
    row = TABLES.estimates.query("model == 'cnn' and severity == 15").iloc[0]
    assert grid.rows[1].cells[0] == Cell(
        estimate=row["estimate"], lower=row["lower"], upper=row["upper"]
    )


def test_model_without_an_estimate_has_an_empty_cell() -> None:
    held = TABLES.estimates.query("model == 'cnn' or severity == 0")
    grid = estimates_grid(held, SCOPE)
    assert [cell is None for cell in grid.rows[1].cells] == [False, True]


def test_long_table_is_cut_and_says_so() -> None:
    grid = estimates_grid(TABLES.estimates, replace(SCOPE, most=2))
    assert (len(grid.rows), grid.n_rows) == (2, 3)


def test_means_have_no_severity() -> None:
    (row,) = means_grid(TABLES.means, SCOPE).rows
    assert row.severity is None
    assert row.cells[1] is not None
    mean = TABLES.means.set_index("model").loc["capsnet", "estimate"]
    assert row.cells[1].estimate == mean


def test_no_estimates_make_an_empty_table() -> None:
    assert estimates_grid(TABLES.estimates.head(0), SCOPE).rows == ()
