from typing import Any

from capsprobe.report.origins import cell_rows, provenance


def cell(part: str, state: str, **more: Any) -> dict[str, Any]:
    return {
        "probe": "affine",
        "part": part,
        "model": "cnn",
        "training_seed": 0,
        "dataset": "digits",
        "state": state,
        "seconds": 1.5,
        "cause": "",
    } | more


def test_parts_of_a_probe_are_counted_together() -> None:
    cells = [cell("scale", "done"), cell("shear", "failed", cause="NaN"), cell("x", "cached")]
    (row,) = cell_rows(cells)
    assert (row.done, row.cached, row.failed, row.missing) == (1, 1, 1, 0)
    assert (row.seconds, row.causes) == (4.5, ("shear: NaN",))


def test_rows_with_failed_cells_come_first() -> None:
    rows = cell_rows([cell("scale", "done"), cell("scale", "missing", model="senet")])
    assert [row.model for row in rows] == ["senet", "cnn"]


def test_provenance_counts_every_cell() -> None:
    found = provenance({"cells": [cell("scale", "done"), cell("shear", "cached")]})
    assert found.states == {"done": 1, "cached": 1, "failed": 0, "missing": 0}
    assert (found.n_cells, found.seconds) == (2, 3.0)
