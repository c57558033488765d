"""The reliability diagram: how often right, against how sure."""

import numpy as np
import pandas as pd

from capsprobe.report.measures import span
from capsprobe.report.panels import Panel, Series
from capsprobe.report.routing.evidence import Evidence
from capsprobe.stats.binned import binned

_CONDITION = "confidence/rotation"
SHOWN = "confidence/reliability"
"""What the panel is called, whose horizontal axis is the confidence."""


def diagram(evidence: Evidence) -> tuple[Panel, ...]:
    """Return accuracy in bins of confidence over all angles, with intervals; none without data."""
    seen = evidence.observations
    seen = seen[(seen["condition"] == _CONDITION) & seen["model"].isin(evidence.scope.models)]
    if seen.empty:
        return ()
    table = binned(seen)
    panel = Panel(
        name=evidence.named("reliability"),
        probe=evidence.scope.probe,
        dataset=evidence.scope.dataset,
        condition=SHOWN,
        metric="correct",
        unit="",
        chance=None,
        series=tuple(
            _series(model, table[table["model"] == model])
            for model in evidence.models
            if model in set(table["model"])
        ),
        n_seeds=span(evidence.rows(_CONDITION, "confidence")["n_seeds"]),
        n_units=span(evidence.rows(_CONDITION, "confidence")["n_units"]),
        diagonal=True,
    )
    return (panel,)


def _series(model: str, rows: pd.DataFrame) -> Series:
    columns = {
        name: tuple(map(float, np.asarray(rows[name])))
        for name in ("confidence", "accuracy", "lower", "upper")
    }
    return Series(
        model=model,
        severities=columns["confidence"],
        estimates=columns["accuracy"],
        lower=columns["lower"],
        upper=columns["upper"],
    )
