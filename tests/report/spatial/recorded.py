"""A made-up run of the spatial worst case, with numbers that are known beforehand."""

from typing import Any

import numpy as np
import pandas as pd

from capsprobe.report.measures import Scope
from capsprobe.report.routing.evidence import Evidence
from capsprobe.stats.summary import summarise
from capsprobe.tables import COLUMNS, STUDY_COLUMNS, TRACE_COLUMNS

MODELS = ("capsnet", "cnn")
CONDITIONS = ("spatial/random", "spatial/worst-of-10", "spatial/grid")
IMAGES, FEW, CLASSES = 40, 20, 4
# The part of images that each condition breaks; images break in the order of their ids, backwards.
BROKEN = {"capsnet": (0.1, 0.4, 0.8), "cnn": (0.2, 0.5, 0.9)}


def observations() -> pd.DataFrame:
    """Return rows of two models on 40 images, 20 of them on the grid, of classes 0 to 3 in turn."""
    return pd.concat(
        [
            _observed(model, condition, severity, part if severity else 0.0)
            for model in MODELS
            for condition, part in zip(CONDITIONS, BROKEN[model], strict=True)
            for severity in (0.0, 1.0)
        ],
        ignore_index=True,
    )


def _observed(model: str, condition: str, severity: float, broken: float) -> pd.DataFrame:
    count = FEW if condition == "spatial/grid" else IMAGES
    units = np.arange(count)
    right = (units < count * (1.0 - broken)).astype(float)
    rows = [
        ("spatial", model, 0, "digits", condition, severity, "image", unit, metric, value)
        for unit, value in zip(units, right, strict=True)
        for metric in ("correct", f"correct_{unit % CLASSES}")
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def evidence() -> Evidence:
    """Return what the exhibits are made from."""
    held = observations()
    return Evidence(
        scope=Scope(
            probe="spatial", dataset="digits", conditions=CONDITIONS, units={}, models=MODELS
        ),
        estimates=summarise(held).estimates,
        observations=held,
        traces=pd.DataFrame(columns=[*STUDY_COLUMNS, *TRACE_COLUMNS]),
        classes=10,
    )


def run() -> dict[str, Any]:
    """Return the content of run.json."""
    return {
        "schema": 1,
        "title": "Small turns and moves on digits",
        "data": {"name": "digits", "split": "test", "n_images": IMAGES, "classes": 10},
        "probes": {
            "spatial": {
                "question": "Which small turn and move, of many, turns it wrong?",
                "conditions": [{"name": name, "unit": "1"} for name in CONDITIONS],
                "metrics": [],
                "settings": {"limit": FEW},
            }
        },
    }
