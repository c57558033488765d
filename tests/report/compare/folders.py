"""Run folders made of observations, with a cell a part as a study keeps them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from capsprobe.parts import write_part
from capsprobe.tables import PROBE_COLUMNS, SCHEMA_VERSION, Measurement

IMAGES = 200
SEVERITIES = (0.0, 10.0, 20.0)
_ONE = ["probe", "model", "dataset", "training_seed", "part"]


def observed(*, models: tuple[str, ...] = ("capsnet", "cnn"), seeds: int = 2) -> pd.DataFrame:
    """Return the affine probe's rotation sweep of some models, right on nine in ten images."""
    rng = np.random.default_rng(0)
    rows = [
        {
            "model": model,
            "training_seed": seed,
            "severity": severity,
            "unit_id": image,
            "value": float(rng.random() < 0.9),
        }
        for model in models
        for seed in range(seeds)
        for severity in SEVERITIES
        for image in range(IMAGES)
    ]
    fixed = {"probe": "affine", "dataset": "digits", "condition": "rotation"}
    return pd.DataFrame(rows).assign(**fixed, unit="image", metric="correct")


def facts(**changed: Any) -> dict[str, Any]:
    """Return what run.json says besides its cells."""
    metrics = [{"name": "correct", "lower": 0.0, "upper": 1.0}]
    conditions = [{"name": "rotation", "unit": "degrees"}]
    return {
        "schema": SCHEMA_VERSION,
        "title": "Robustness on digits",
        "command": "python -m capsprobe robustness",
        "settings": {},
        "data": {"name": "digits", "n_images": IMAGES, "sha256": "a" * 64, "classes": 10},
        "versions": {"capsprobe": "0.1.0"},
        "device": "cpu",
        "probes": {"affine": {"metrics": metrics, "conditions": conditions, "settings": {}}},
        "checkpoints": [],
        **changed,
    }


def kept(folder: Path, observations: pd.DataFrame, run: Mapping[str, Any]) -> Path:
    """Write a run folder; return it."""
    (folder / "cells").mkdir(parents=True)
    parts = observations.assign(part=observations["condition"].str.partition("/")[0])
    cells = []
    for number, (one, rows) in enumerate(parts.groupby(_ONE, sort=True)):
        key = f"{number:064d}"
        held = Measurement(observations=rows[list(PROBE_COLUMNS)].reset_index(drop=True))
        part = write_part(folder / "cells" / f"{key}.parquet", key, held, seconds=1.0)
        cells.append(
            {
                **dict(zip(_ONE, one, strict=True)),
                "key": key,
                "training_seed": int(one[3]),
                "state": "done",
                "seconds": 1.0,
                "cause": "",
                "row_hash": part.row_hash,
                "left_out": {},
            }
        )
    (folder / "run.json").write_text(json.dumps({**run, "cells": cells}))
    return folder
