"""The lights as files: a row a light, with a dictionary of its columns."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from capsprobe.report.exports import write_table
from capsprobe.report.signs import NAMES, sentence
from capsprobe.stats.lights.signs import (
    LEAST_GRADIENT,
    MOST_BY_CHANCE,
    MOST_DIFFERENCE,
    MOST_LACKING,
    MOST_MISSED,
    SLACK,
)

_COLUMNS = {
    "model": "name of the model",
    "dataset": "the data set and view that the checkpoint was trained on",
    "training_seed": "seed of its training",
    "threat": "threat model: the norm of the perturbation",
    "light": "the sign that was looked for",
    "state": "passed, failed or not checked",
    "value": "what was seen; none where it was not checked",
    "threshold": "the most that it may be",
    "severity": "epsilon at which it was worst, where it was looked for at several",
    "beside": "what the attack was held beside, where it was worst",
    "n_units": "number of images",
    "sentence": "the same in words",
}
_RULES = {
    "slack": f"differences of accuracy: the larger of {SLACK:g} and one image",
    "least_gradient": LEAST_GRADIENT,
    "most_lacking": MOST_LACKING,
    "most_difference": MOST_DIFFERENCE,
    "most_missed": MOST_MISSED,
    "most_by_chance": MOST_BY_CHANCE,
}


def write_lights(table: pd.DataFrame, run: Mapping[str, Any], folder: Path) -> dict[str, Path]:
    """Write `tables/lights` below `folder`, where there are any; return what was written."""
    if table.empty:
        return {}
    said = table.assign(sentence=[sentence(row) for row in table.to_dict("records")])
    about = {
        "table": "lights",
        "description": (
            "Whether attacks were strong enough. Robustness of a model is not shown under a "
            "threat model where a light failed."
        ),
        "rows": len(said),
        "columns": _COLUMNS,
        "lights": NAMES,
        "rules": _RULES,
        "versions": run.get("versions", {}),
    }
    return write_table(said, about, folder / "tables" / "lights")
