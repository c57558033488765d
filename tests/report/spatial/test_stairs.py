from dataclasses import replace

import pytest

from capsprobe.report.routing.evidence import Evidence
from capsprobe.report.shifts import NATURAL
from capsprobe.report.spatial.stairs import grid, stairs
from tests.report.spatial.recorded import CONDITIONS


def test_the_table_goes_from_natural_to_the_grid(spatial: Evidence) -> None:
    table = grid(spatial)
    assert [row.condition for row in table.rows] == [NATURAL, *CONDITIONS]
    found = [[cell and cell.estimate for cell in row.cells] for row in table.rows]
    assert found == [
        pytest.approx(each) for each in ([1.0, 1.0], [0.9, 0.8], [0.6, 0.5], [0.2, 0.1])
    ]


def test_natural_is_of_all_images_and_the_grid_of_few(spatial: Evidence) -> None:
    assert [row.n_units for row in grid(spatial).rows] == [(40, 40)] * 3 + [(20, 20)]


def test_the_figure_shows_what_the_table_holds(spatial: Evidence) -> None:
    (figure,) = stairs(spatial)
    assert [row.condition for row in figure.rows] == [NATURAL, *CONDITIONS]
    for row, beside in zip(figure.rows, grid(spatial).rows, strict=True):
        assert tuple(dot.cell for dot in row.dots) == beside.cells
        assert row.n_units == beside.n_units
    assert [dot.model for dot in figure.rows[0].dots] == ["capsnet", "cnn"]


def test_a_run_with_nothing_measured_has_no_figure(spatial: Evidence) -> None:
    assert stairs(replace(spatial, estimates=spatial.estimates.head(0))) == ()
