"""One image under every kind and severity, from what the probe kept of it."""

from collections.abc import Hashable
from typing import Any

import pandas as pd

from capsprobe.report.exhibits import Pixels, Strips
from capsprobe.report.grey import pixels
from capsprobe.report.routing.evidence import Evidence


def strips(evidence: Evidence) -> tuple[Strips, ...]:
    """Return the figure of the first image; every model saw the same, so the first one's do."""
    kept = evidence.traces
    if kept.empty:
        return ()
    kept = kept[kept["unit_id"] == kept["unit_id"].min()]
    first = kept.drop_duplicates(["condition", "severity"])
    records = first.to_dict("records")
    held = {(str(row["condition"]), float(row["severity"])): row for row in records}
    severities = sorted({severity for _, severity in held})
    conditions = [name for name in evidence.scope.conditions if (name, severities[0]) in held]
    figure = Strips(
        name=evidence.named("images"),
        unit_id=int(records[0]["unit_id"]),
        label=str(records[0]["label"]),
        rows=tuple(conditions),
        severities=tuple(severities),
        pictures=tuple(
            tuple(_shown(held.get((condition, severity))) for severity in severities)
            for condition in conditions
        ),
        published=tuple(_published(first, condition) for condition in conditions),
    )
    return (figure,)


def _shown(row: dict[Hashable, Any] | None) -> Pixels | None:
    return None if row is None else pixels(row)


def _published(rows: pd.DataFrame, condition: str) -> float | None:
    """Return the severity of MNIST-C, None where it was not shown."""
    own = rows[(rows["condition"] == condition) & (rows["name"] == "published")]
    return float(own["severity"].iloc[0]) if len(own) else None
