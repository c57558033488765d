"""Small tables of observations with known answers."""

import numpy as np
import pandas as pd

from capsprobe.tables import COLUMNS


def observed(
    values: np.ndarray,
    *,
    model: str = "a",
    seed: int = 0,
    condition: str = "rotation",
    severity: float = 0.0,
    metric: str = "correct",
) -> pd.DataFrame:
    """Return one row a value; NaN stands for a unit that was left out."""
    values = np.asarray(values, dtype=np.float64)
    kept = np.flatnonzero(~np.isnan(values))
    return pd.DataFrame(
        {
            "probe": "affine",
            "model": model,
            "training_seed": seed,
            "dataset": "digits",
            "condition": condition,
            "severity": severity,
            "unit": "image",
            "unit_id": kept,
            "metric": metric,
            "value": values[kept],
        }
    )[list(COLUMNS)]


def curves(
    models: dict[str, float], *, seeds: int = 2, severities: tuple[float, ...], units: int = 40
) -> pd.DataFrame:
    """Return zeros and ones: each model is right with its chance, less by 0.1 a severity's rank."""
    rng = np.random.default_rng(0)
    return pd.concat(
        [
            observed(
                (rng.random(units) < p - 0.1 * rank).astype(float),
                model=model,
                seed=seed,
                severity=severity,
            )
            for model, p in models.items()
            for seed in range(seeds)
            for rank, severity in enumerate(severities)
        ],
        ignore_index=True,
    )
