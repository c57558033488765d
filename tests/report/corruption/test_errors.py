from dataclasses import replace

import pytest

from capsprobe.report.corruption.errors import by_kind, ladders, means
from capsprobe.report.panels import Grid
from capsprobe.report.routing.evidence import Evidence


def numbers(grid: Grid) -> dict[tuple[str, str], list[float | None]]:
    """Return the models' estimates by condition and metric."""
    return {
        (row.condition, row.metric): [each.estimate if each else None for each in row.cells]
        for row in grid.rows
    }


def test_the_overview_has_the_error_and_both_relative_ones(evidence: Evidence) -> None:
    found = numbers(means(evidence))
    assert set(found) == {
        ("mean", "error"),
        ("mean", "corruption_error"),
        ("mean", "relative_corruption_error"),
    }
    assert found["mean", "corruption_error"] == pytest.approx([1.0, 1.0])
    # 4 and 8, 6 and 12 of 40; 8 and 16, 4 and 8.
    assert found["mean", "error"] == pytest.approx([30 / 160, 36 / 160])


def test_every_kind_stands_beside_the_baseline(evidence: Evidence) -> None:
    assert numbers(by_kind(evidence)) == {
        ("blur/glass", "corruption_error"): pytest.approx([0.5, 1.0]),
        ("noise/shot", "corruption_error"): pytest.approx([1.5, 1.0]),
    }


def test_a_kind_that_has_no_part_in_the_mean_stands_there_empty(evidence: Evidence) -> None:
    held = evidence.errors
    gone = (held["condition"] == "noise/shot") & (held["metric"] != "error")
    found = by_kind(replace(evidence, errors=held[~gone]))
    assert [row.condition for row in found.rows] == ["blur/glass", "noise/shot"]
    assert found.rows[1].cells == (None, None)
    assert found.n_rows == 2


def test_the_figure_has_a_row_for_each_kind_and_the_mean_last(evidence: Evidence) -> None:
    (ladder,) = ladders(evidence)
    assert [name for name, _ in ladder.rows] == ["blur/glass", "noise/shot", "mean"]
    glass = {dot.model: dot.cell for dot in ladder.rows[0][1]}
    assert glass["capsnet"].estimate == pytest.approx(6 / 40)
    assert glass["capsnet"].lower < 6 / 40 < glass["capsnet"].upper
    assert (ladder.n_seeds, ladder.n_units) == ((2, 2), (40, 40))


def test_without_the_baseline_there_is_no_table_beside_it(evidence: Evidence) -> None:
    errors = evidence.errors[evidence.errors["metric"] == "error"]
    alone = replace(evidence, errors=errors)
    assert by_kind(alone).rows == ()
    assert set(numbers(means(alone))) == {("mean", "error")}
