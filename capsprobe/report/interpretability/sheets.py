"""Traversals as drawn by each network's decoder: a row a dimension, a column a step."""

import numpy as np
import pandas as pd

from capsprobe.report.exhibits import Pixels, Sheet
from capsprobe.report.grey import pixels
from capsprobe.report.names import shortened
from capsprobe.report.routing.evidence import Evidence

_STEPS = ("−2 sd", "−1 sd", "as it is", "+1 sd", "+2 sd")


def drawn(evidence: Evidence) -> tuple[Sheet, ...]:
    """Return a figure for each network with a decoder, of its first training seed and digit."""
    held = evidence.traces[evidence.traces["name"] == "drawn"]
    found = []
    for model in evidence.models:
        rows = held[held["model"] == model].sort_values(["training_seed", "unit_id"])
        if len(rows):
            found.append(_sheet(evidence, model, rows.iloc[0]))
    return tuple(found)


def _sheet(evidence: Evidence, model: str, row: pd.Series) -> Sheet:
    tiles = _tiles(pixels(row.to_dict()), len(_STEPS))
    return Sheet(
        name=evidence.named(model),
        heading=f"A {row['label']} drawn by {shortened(model, 24)}",
        columns=_STEPS,
        rows=tuple((f"dimension {place + 1}", each) for place, each in enumerate(tiles)),
        lines=(),
        unit_id=int(row["unit_id"]),
        label=str(row["label"]),
        across="one dimension moved, all others as they are",
    )


def _tiles(sheet: Pixels, columns: int) -> tuple[tuple[Pixels, ...], ...]:
    """Return the pictures of a sheet, row by row; they are square."""
    levels = np.array(sheet, dtype=np.uint8)
    side = levels.shape[1] // columns
    return tuple(
        tuple(
            tuple(map(tuple, levels[top : top + side, left : left + side].tolist()))
            for left in range(0, side * columns, side)
        )
        for top in range(0, len(levels), side)
    )
