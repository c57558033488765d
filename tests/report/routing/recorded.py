"""A made-up run of the probes of routing, with numbers that are known beforehand."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from capsprobe.report.measures import Scope
from capsprobe.report.routing.evidence import Evidence
from capsprobe.stats.summary import summarise
from capsprobe.tables import COLUMNS, STUDY_COLUMNS, TRACE_COLUMNS

MODELS = ("capsnet", "capsnet-article")
IMAGES, SEEDS = 30, (0, 1)
ROUTINGS = ("article", "dynamic", "kmeans")
SHIFTS = {"": 0.5, "_shuffled": 0.25, "_uniform": 0.0, "_random": -0.1}


def observed(
    probe: str, condition: str, severity: float, metric: str, values: Sequence[float] | np.ndarray
) -> pd.DataFrame:
    """Return the same values for every model and seed, an image a value."""
    rows = [
        (probe, model, seed, "digits", condition, severity, "image", unit, metric, float(value))
        for model in MODELS
        for seed in SEEDS
        for unit, value in enumerate(values)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def routing() -> pd.DataFrame:
    """Return observations of the routing probe; capsnet's inertia falls for a third of images."""
    spread = np.linspace(-0.1, 0.1, IMAGES)
    third = np.where(np.arange(IMAGES) < IMAGES // 3, -0.1, 0.1)
    tables = [
        *(
            observed("routing", f"concordance/{name}", 3.0, f"ari{null}", shift + spread)
            for name in ("first-means", "plusplus", "concatenated")
            for null, shift in SHIFTS.items()
        ),
        *(observed("routing", "rounds", float(t), "inertia", 1.0 + t * third) for t in range(1, 4)),
        *(
            observed("routing", "lloyd/first-means", float(t), "inertia", np.full(IMAGES, 0.5 / t))
            for t in range(1, 4)
        ),
        *(
            observed("routing", "rounds", float(t), metric, np.full(IMAGES, 0.1 * t))
            for t in range(2, 5)
            for metric in ("logit_change", "entropy")
        ),
        *(
            observed("routing", f"swap/{name}", 3.0, metric, values)
            for place, name in enumerate(ROUTINGS)
            for metric, values in (
                ("correct", np.arange(IMAGES) % 10 >= place),
                ("predicted", np.where(np.arange(IMAGES) % 10 >= place, np.arange(IMAGES) % 3, 9)),
            )
        ),
    ]
    return pd.concat(tables, ignore_index=True)


def gate() -> pd.DataFrame:
    """Return observations of the gate probe."""
    values = {"drop_routing": 0.9, "drop_routing_shuffled": 0.0, "routing_variation": 0.4}
    driven = {"belonging_routing": 0.3, "belonging_constant": 0.2}
    return pd.concat(
        [
            observed("gate", condition, 3.0, name, np.full(IMAGES, value))
            for condition, found in (("layer/capsules", values), ("driven/capsules", driven))
            for name, value in found.items()
        ],
        ignore_index=True,
    )


def traces() -> pd.DataFrame:
    """Return two images of capsnet: four children, two parents, rounds 1 and 3."""
    coefficients = np.array([[0.4, 0.6], [0.9, 0.1], [0.2, 0.8], [0.6, 0.4]])
    rows = []
    for unit, label in ((5, "1"), (8, "0")):
        votes = np.arange(16.0).reshape(8, 2) + unit
        held = [
            (0.0, "votes", votes),
            (0.0, "centroids", np.array([[1.0, 2.0], [3.0, 4.0]])),
            (0.0, "explained", np.array([[0.75]])),
        ]
        for severity in (1.0, 3.0):
            even = np.full((4, 2), 0.5)
            held += [
                (severity, "coefficients", even if severity == 1.0 else coefficients),
                (severity, "activations", np.array([[0.1], [0.2 * severity]])),
                (severity, "centres", np.array([[0.0, severity], [1.0, 1.0]])),
            ]
        for severity, name, matrix in held:
            place = ("routing", "capsnet", 0, "digits", "rounds", severity, unit, label, name)
            rows.append((*place, *matrix.shape, matrix.ravel().tolist()))
    return pd.DataFrame(rows, columns=[*STUDY_COLUMNS, *TRACE_COLUMNS])


def evidence(probe: str = "routing") -> Evidence:
    """Return what the exhibits of a probe are made from."""
    observations = routing() if probe == "routing" else gate()
    tables = summarise(observations, nominal={"predicted"})
    conditions = tuple(sorted(tables.estimates["condition"].unique()))
    return Evidence(
        scope=Scope(probe=probe, dataset="digits", conditions=conditions, units={}, models=MODELS),
        estimates=tables.estimates,
        observations=observations,
        traces=traces() if probe == "routing" else traces().head(0),
        classes=10,
    )


def run() -> dict[str, Any]:
    """Return the content of run.json for both probes."""
    conditions = {"routing": routing(), "gate": gate()}
    return {
        "schema": 1,
        "title": "Routing on digits",
        "data": {"name": "digits", "split": "test", "n_images": IMAGES, "classes": 10},
        "probes": {
            probe: {
                "question": "Is it so?",
                "metrics": [{"name": "predicted", "nominal": True}],
                "conditions": [
                    {"name": name, "unit": "iterations"}
                    for name in sorted(table["condition"].unique())
                ],
                "settings": {},
            }
            for probe, table in conditions.items()
        },
        "checkpoints": [],
        "cells": [],
    }
