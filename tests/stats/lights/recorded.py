"""Observations as the strength, adversarial and transfer probes would give them, made by hand."""

import numpy as np
import pandas as pd

from capsprobe.tables import COLUMNS

IMAGES = 20
# How many of the twenty images stand after each attack, by epsilon; clean all do.
TRIALS = {
    "pgd": {0.05: 10, 0.1: 4, 1.0: 0},
    "step": {0.05: 15},
    "double": {0.05: 10},
    "square": {0.05: 18},
    "noise": {0.05: 20, 0.1: 19, 1.0: 1},
}
VALUES = {
    "offered": {"gradient_norm": 0.1, "at_bound": 0.0, "pass_difference": 0.0},
    "planted": {"planted_found": 1.0, "planted_by_chance": 0.0},
}


def strength(model="cnn", *, trials=TRIALS, values=VALUES, threat="linf", seed=0):
    """Return rows of the strength probe; `values` may be lists, one an image."""
    tables = [
        rows("strength", model, f"{threat}/{name}", stands, seed=seed)
        for name, stands in trials.items()
    ]
    for name, held in values.items():
        for metric, value in held.items():
            units = np.broadcast_to(np.asarray(value, dtype=float), IMAGES)
            severity = 0.0 if name == "offered" else 0.05
            tables.append(
                frame("strength", model, f"{threat}/{name}", severity, metric, units, seed=seed)
            )
    return pd.concat(tables, ignore_index=True)


def rows(probe, model, condition, stands, *, seed=0):
    """Return who stands, the first images longest, with clean rows of which all are right."""
    tables = [
        frame(probe, model, condition, severity, "correct", np.arange(IMAGES) < count, seed=seed)
        for severity, count in {0.0: IMAGES, **stands}.items()
    ]
    return pd.concat(tables, ignore_index=True)


def frame(probe, model, condition, severity, metric, values, *, seed=0):
    return pd.DataFrame(
        {
            "probe": probe,
            "model": model,
            "training_seed": seed,
            "dataset": "digits",
            "condition": condition,
            "severity": severity,
            "unit": "image",
            "unit_id": np.arange(len(values)),
            "metric": metric,
            "value": np.asarray(values, dtype=float),
        }
    )[list(COLUMNS)]
