"""Runs of a factorial made up: what each part changes is planted, the rest is chance."""

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from capsprobe.factorial import MODELS, RECIPES, levels_of
from tests.report.compare import folders

IMAGES = 30
# Probe, condition, severities.
ASKED = (
    ("affine", "rotation", (0.0, 15.0, 30.0)),
    ("affine", "shear", (0.0, 0.2)),
    ("corruption", "fog", (0.0, 1.0, 2.0)),
    ("adversarial", "linf/worst", (0.0, 0.1)),
    ("adversarial", "linf/pgd", (0.0, 0.1)),
    ("adversarial", "l2/worst", (0.0, 1.0)),
)
PLANTED = {("affine", "transforms"): -0.2, ("adversarial", "squash"): 0.15}


@cache
def observed(recipe: str, seeds: tuple[int, ...] = tuple(range(6))) -> pd.DataFrame:
    """Return what the networks of a recipe would have been right on, clean images untouched."""
    rng = np.random.default_rng(sorted(RECIPES).index(recipe))
    rows = []
    for model in MODELS:
        levels = levels_of(model, RECIPES[recipe])
        for probe, condition, severities in ASKED:
            shift = sum(
                by * (0.5 if levels[part] else -0.5)
                for (where, part), by in PLANTED.items()
                if where == probe
            )
            for seed in seeds:
                for severity in severities:
                    chance = 0.7 + (shift if severity else 0.0)
                    right = rng.random(IMAGES) < chance
                    rows.append(
                        pd.DataFrame(
                            {
                                "model": model,
                                "training_seed": seed,
                                "severity": severity,
                                "unit_id": np.arange(IMAGES),
                                "value": right.astype(float),
                                "probe": probe,
                                "condition": condition,
                            }
                        )
                    )
    return pd.concat(rows, ignore_index=True).assign(
        dataset="digits", unit="image", metric="correct"
    )


def tables() -> dict[str, pd.DataFrame]:
    """Return the observations of all recipes."""
    return {recipe: observed(recipe) for recipe in RECIPES}


def kept(folder: Path) -> Path:
    """Write the folder of a factorial; return it."""
    for recipe, table in tables().items():
        folders.kept(folder / "runs" / recipe, table, folders.facts())
    return folder
