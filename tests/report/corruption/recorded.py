"""A made-up run of the probe of corruptions, with numbers that are known beforehand."""

from typing import Any

import numpy as np
import pandas as pd

from capsprobe.report.measures import Scope
from capsprobe.report.routing.evidence import Evidence
from capsprobe.stats.summary import summarise
from capsprobe.tables import COLUMNS, STUDY_COLUMNS, TRACE_COLUMNS

MODELS = ("capsnet", "cnn")
KINDS = ("blur/glass", "noise/shot")
IMAGES, SEEDS, SEVERITIES = 40, (0, 1), (0.0, 1.0, 2.0)
# Of 40 images, for each unit of severity.
WRONG = {
    ("capsnet", "blur/glass"): 4,
    ("cnn", "blur/glass"): 8,
    ("capsnet", "noise/shot"): 6,
    ("cnn", "noise/shot"): 4,
}
PUBLISHED = {"blur/glass": 1.0, "noise/shot": 5.0}


def observations() -> pd.DataFrame:
    """Return who was right: relative to cnn, capsnet errs half under glass and 1.5 under shot."""
    rows = [
        ("corruption", model, seed, "digits", kind, severity, "image", unit, "correct", value)
        for (model, kind), wrong in WRONG.items()
        for seed in SEEDS
        for severity in SEVERITIES
        for unit, value in enumerate((np.arange(IMAGES) >= wrong * severity).astype(float).tolist())
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def traces() -> pd.DataFrame:
    """Return an image of 4x4 pixels that gets brighter; each model kept the same."""
    rows = [
        (
            *("corruption", model, seed, "digits", kind, severity, 7, "3"),
            "published" if PUBLISHED[kind] == severity else "image",
            *(4, 4, [int(100 * severity)] * 16),
        )
        for model in MODELS
        for seed in SEEDS
        for kind in KINDS
        for severity in SEVERITIES
    ]
    return pd.DataFrame(rows, columns=[*STUDY_COLUMNS, *TRACE_COLUMNS])


def evidence() -> Evidence:
    """Return what the exhibits are made from."""
    held = observations()
    tables = summarise(held, baseline="cnn")
    return Evidence(
        scope=Scope(
            probe="corruption", dataset="digits", conditions=KINDS, units={}, models=MODELS
        ),
        estimates=tables.estimates,
        observations=held,
        traces=traces(),
        classes=10,
        errors=tables.corruption_errors,
    )


def run() -> dict[str, Any]:
    """Return the content of run.json."""
    return {
        "schema": 1,
        "title": "Corruption of digits",
        "data": {"name": "digits", "split": "test", "n_images": IMAGES, "classes": 10},
        "probes": {
            "corruption": {
                "question": "Does it bear it?",
                "metrics": [],
                "conditions": [{"name": name, "unit": "1"} for name in KINDS],
                "settings": {},
            }
        },
        "checkpoints": [],
        "cells": [],
    }
