"""What manifests say of training, as a table like a probe's."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from capsprobe.tables import COLUMNS


def training_table(checkpoints: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return a row a checkpoint and metric, COLUMNS: validation accuracy, epochs, wall time."""
    rows = [
        {
            "probe": "training",
            "model": entry.get("run_as", entry["model"]),
            "training_seed": int(entry["seed"]),
            "dataset": entry["dataset"],
            "condition": "training",
            "severity": 0.0,
            "unit": "checkpoint",
            "unit_id": 0,
            "metric": metric,
            "value": float(number),
        }
        for entry in checkpoints
        for metric, number in _numbers(entry).items()
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _numbers(entry: Mapping[str, Any]) -> dict[str, Any]:
    numbers = {
        "validation_accuracy": entry.get("validation_accuracy"),
        "epochs": entry.get("epochs"),
        # Of a network of the user's own nothing is known.
        "best_epoch": entry.get("best_epoch") or None,
        "wall_s": entry.get("wall_s"),
    }
    return {name: number for name, number in numbers.items() if number is not None}
