"""A made-up run on MNIST whose medians and accuracies are known beforehand."""

from typing import Any

import numpy as np
import pandas as pd

from capsprobe.stats.summary import Summary, summarise
from capsprobe.tables import COLUMNS
from tests.report.recorded import record

IMAGES = 100
# Distances are even around these medians; capsnet's CW is the published one, cnn's half of it.
MEDIANS = {
    "l2/cw": {"capsnet": 1.82, "capsnet-sabour": 2.3, "cnn": 0.7},
    "l2/boundary": {"capsnet": 3.26, "cnn": 5.0},
    "l2/deepfool": {"capsnet": 1.5},
}
# Of 100 images how many stand under FGSM, by epsilon, and under turns and moves.
FGSM = {"capsnet": {0.05: 90, 0.1: 20, 0.2: 5}, "cnn": {0.05: 97, 0.1: 88, 0.2: 5}}
SPATIAL = {"capsnet": {"random": 95, "grid": 60}, "cnn": {"random": 80, "grid": 78}}


def observations(dataset: str = "mnist") -> pd.DataFrame:
    """Return one training seed of each model on 100 images."""
    tables = [
        *(
            _distances(condition, model, median)
            for condition, medians in MEDIANS.items()
            for model, median in medians.items()
        ),
        *(_correct("adversarial", "linf/fgsm", model, stand) for model, stand in FGSM.items()),
        *(
            _correct("spatial", f"spatial/{kind}", model, {1.0: count})
            for model, stand in SPATIAL.items()
            for kind, count in stand.items()
        ),
    ]
    return pd.concat(tables, ignore_index=True).assign(dataset=dataset)[list(COLUMNS)]


def tables() -> dict[str, Summary]:
    """Return the estimates of each probe, without differences."""
    held = observations()
    return {
        probe: summarise(held[held["probe"] == probe], censored={"distance"})
        for probe in ("adversarial", "spatial")
    }


def run(dataset: str = "mnist") -> dict[str, Any]:
    """Return what run.json would hold."""
    held = observations(dataset)
    facts = record(held, images=IMAGES)
    metrics = [{"name": "correct"}, {"name": "distance", "censored": True}]
    facts["data"] = {**facts["data"], "name": dataset}
    facts["probes"] = {
        probe: {
            "question": "Do published numbers come out again?",
            "metrics": metrics,
            "conditions": [
                {"name": name, "unit": "1"}
                for name in held.loc[held["probe"] == probe, "condition"].unique()
            ],
            "settings": {},
        }
        for probe in ("adversarial", "spatial")
    }
    return facts


def _distances(condition: str, model: str, median: float) -> pd.DataFrame:
    spread = np.linspace(0.9 * median, 1.1 * median, IMAGES)
    right = _rows("adversarial", condition, model, 0.0, "correct", np.ones(IMAGES))
    return pd.concat([right, _rows("adversarial", condition, model, 0.0, "distance", spread)])


def _correct(probe: str, condition: str, model: str, stand: dict[float, int]) -> pd.DataFrame:
    return pd.concat(
        [
            _rows(probe, condition, model, severity, "correct", np.arange(IMAGES) < count)
            for severity, count in {0.0: IMAGES, **stand}.items()
        ]
    )


def _rows(
    probe: str, condition: str, model: str, severity: float, metric: str, values: np.ndarray
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "probe": probe,
            "model": model,
            "training_seed": 0,
            "condition": condition,
            "severity": severity,
            "unit": "image",
            "unit_id": np.arange(IMAGES),
            "metric": metric,
            "value": values.astype(float),
        }
    )
