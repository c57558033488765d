"""Where a run's numbers came from: command, versions, weights, and what became of every cell."""

from collections.abc import Iterable, Mapping
from math import fsum
from typing import Any

from capsprobe.report.summary import CellRow, Provenance

STATES = ("done", "cached", "failed", "missing")
_MOST = 200


def provenance(run: Mapping[str, Any]) -> Provenance:
    """Return what the last section shows; whatever run.json lacks is empty there."""
    cells = run.get("cells", ())
    weights = run.get("checkpoints", ())
    states = [str(cell.get("state", "missing")) for cell in cells]
    return Provenance(
        command=str(run.get("command", "")),
        schema=run.get("schema"),
        device=str(run.get("device", "")),
        versions={str(name): str(value) for name, value in run.get("versions", {}).items()},
        data=dict(run.get("data", {})),
        settings=dict(run.get("settings", {})),
        weights=tuple(dict(entry) for entry in weights[:_MOST]),
        n_weights=len(weights),
        cells=cell_rows(cells)[:_MOST],
        n_cells=len(cells),
        states={state: states.count(state) for state in STATES},
        seconds=fsum(cell.get("seconds") or 0.0 for cell in cells),
    )


def cell_rows(cells: Iterable[Mapping[str, Any]]) -> tuple[CellRow, ...]:
    """Return a row for each probe and checkpoint; those with failed or missing cells first."""
    grouped: dict[tuple[str, str, str, int], list[Mapping[str, Any]]] = {}
    for cell in cells:
        key = (
            str(cell["probe"]),
            str(cell["model"]),
            str(cell["dataset"]),
            int(cell["training_seed"]),
        )
        grouped.setdefault(key, []).append(cell)
    rows = [_row(key, held) for key, held in grouped.items()]
    return tuple(sorted(rows, key=lambda row: not (row.failed or row.missing)))


def _row(key: tuple[str, str, str, int], cells: list[Mapping[str, Any]]) -> CellRow:
    states = [str(cell.get("state", "missing")) for cell in cells]
    done, cached, failed, missing = (states.count(state) for state in STATES)
    return CellRow(
        probe=key[0],
        model=key[1],
        dataset=key[2],
        training_seed=key[3],
        done=done,
        cached=cached,
        failed=failed,
        missing=missing,
        seconds=fsum(cell.get("seconds") or 0.0 for cell in cells),
        causes=tuple(
            f"{cell.get('part', '')}: {cell['cause']}" for cell in cells if cell.get("cause")
        ),
    )
