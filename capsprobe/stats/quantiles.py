"""How values are spread over units: quantiles, where a mean would hide the shape."""

import numpy as np
import pandas as pd

STEPS = 40
_PLACE = ["model", "dataset", "condition", "severity", "metric"]


def quantiles(observations: pd.DataFrame) -> pd.DataFrame:
    """Return for each model, condition, severity and metric the quantiles of its values.

    At 0, 1/40, ... 1, one row each, in the columns `level` and `value`. The values of all training
    seeds are taken together, each seed's as they are; `n_seeds` and `n_units` say how many.
    """
    grouped = observations.groupby(_PLACE, sort=True, observed=True)
    levels = np.linspace(0.0, 1.0, STEPS + 1)
    tables = [
        pd.DataFrame(
            {
                **dict(zip(_PLACE, place, strict=True)),
                "level": levels,
                "value": np.quantile(rows["value"], levels),
                "n_seeds": rows["training_seed"].nunique(),
                "n_units": rows["unit_id"].nunique(),
            }
        )
        for place, rows in grouped
    ]
    columns = [*_PLACE, "level", "value", "n_seeds", "n_units"]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=columns)


def middles(estimates: pd.DataFrame, observations: pd.DataFrame) -> pd.DataFrame:
    """Return the estimates with the median and the quartiles of what is observed, where it is.

    In `estimate`, `lower` and `upper`, of all training seeds together; the other estimates stay.
    """
    grouped = observations.groupby(_PLACE, sort=True, observed=True)["value"]
    table = grouped.quantile(np.array([0.5, 0.25, 0.75])).unstack()
    table.columns = pd.Index(["estimate", "lower", "upper"])
    places = pd.MultiIndex.from_frame(estimates[_PLACE])
    known = places.isin(table.index)
    found = estimates.copy()
    found.loc[known, list(table.columns)] = table.loc[places[known]].to_numpy()
    return found
