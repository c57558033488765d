"""True poses against those that were read, point by point."""

from collections.abc import Iterator

import pandas as pd

from capsprobe.report import arrangements
from capsprobe.report.exhibits import Scatter, Spot
from capsprobe.report.names import shortened
from capsprobe.report.panels import Cell
from capsprobe.report.routing.evidence import Evidence

# Of five poses, those that say most in a picture.
_DRAWN = ("pose/rotation", "pose/shear")
_UNITS = {"pose/rotation": "degrees", "pose/shear": "tangent"}


def scatters(evidence: Evidence) -> tuple[Scatter, ...]:
    """Return a figure for each pose drawn and model, of its first training seed."""
    return tuple(
        _scatter(evidence, condition, model, rows)
        for condition in _DRAWN
        for model in evidence.models
        for rows in _kept(evidence, condition, model)
    )


def _kept(evidence: Evidence, condition: str, model: str) -> Iterator[pd.DataFrame]:
    held = evidence.traces
    rows = held[
        (held["condition"] == condition) & (held["model"] == model) & (held["name"] == "read")
    ]
    if len(rows):
        yield rows.sort_values("training_seed").head(1)


def _scatter(evidence: Evidence, condition: str, model: str, rows: pd.DataFrame) -> Scatter:
    values = list(rows["values"].iloc[0])
    half = len(values) // 2
    name = arrangements.CONDITIONS[condition]
    return Scatter(
        name=evidence.named(condition, model, "read"),
        heading=f"{name} read from {shortened(model, 22)}",
        across=f"true ({_UNITS[condition]})",
        up=f"read ({_UNITS[condition]})",
        spots=tuple(
            Spot(model=model, across=_at(true), up=_at(read))
            for true, read in zip(values[:half], values[half:], strict=True)
        ),
        diagonal=True,
        n_seeds=(1, 1),
        n_units=(half, half),
    )


def _at(value: float) -> Cell:
    return Cell(estimate=value, lower=value, upper=value)
