"""Single images through routing, as a probe kept them, made ready to be drawn."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from capsprobe.report.exhibits import Frame, Heatmaps, Planes, Portrait
from capsprobe.report.routing.evidence import ROUNDS, Evidence

Rows = tuple[tuple[float, ...], ...]


def portraits(evidence: Evidence) -> tuple[Portrait, ...]:
    """Return each model's images, of its first training seed, in the order of the models."""
    kept = evidence.traces
    found = []
    for model in evidence.models:
        rows = kept[kept["model"] == model]
        seed = rows["training_seed"].min()
        for _, image in rows[rows["training_seed"] == seed].groupby("unit_id", sort=True):
            found.append(portrait(image))
    return tuple(found)


def heatmaps(evidence: Evidence, of: Portrait) -> Heatmaps:
    """Return the figure of an image's coefficients."""
    return Heatmaps(name=evidence.named("coefficients", of.model, str(of.unit_id)), portrait=of)


def planes(evidence: Evidence, of: Portrait) -> Planes:
    """Return the figure of an image's votes."""
    return Planes(name=evidence.named("votes", of.model, str(of.unit_id)), portrait=of)


def portrait(rows: pd.DataFrame) -> Portrait:
    """Return one image from what was kept of it."""
    held = {
        (float(row["severity"]), str(row["name"])): np.reshape(
            row["values"], (int(row["rows"]), int(row["columns"]))
        )
        for row in rows.to_dict("records")
    }
    severities = sorted({severity for severity, name in held if name == "coefficients"})
    order = _order(held[severities[-1], "coefficients"])
    first = rows.iloc[0]
    looked_at = [each for each in severities if each <= ROUNDS][-1]
    parents = held[looked_at, "activations"].size
    return Portrait(
        model=str(first["model"]),
        training_seed=int(first["training_seed"]),
        unit_id=int(first["unit_id"]),
        label=str(first["label"]),
        winner=int(held[looked_at, "activations"].argmax()),
        frames=tuple(
            Frame(
                severity=severity,
                coefficients=_rows(held[severity, "coefficients"][order]),
                centres=_rows(held[severity, "centres"]),
            )
            for severity in severities
        ),
        votes=_by_parent(held[0.0, "votes"].reshape(-1, parents, 2)[order]),
        centroids=_rows(held[0.0, "centroids"]),
        explained=float(held[0.0, "explained"].item()),
    )


def _order(coefficients: np.ndarray) -> Sequence[int]:
    """Return children by the parent that they give most to, the most giving first."""
    return [int(each) for each in np.lexsort((-coefficients.max(axis=1), coefficients.argmax(1)))]


def _by_parent(votes: np.ndarray) -> tuple[Rows, ...]:
    return tuple(_rows(each) for each in votes.swapaxes(0, 1))


def _rows(matrix: np.ndarray) -> Rows:
    return tuple(tuple(map(float, row)) for row in matrix)
