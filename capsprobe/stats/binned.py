"""Accuracy in bins of confidence, for reliability diagrams."""

import numpy as np
import pandas as pd

from capsprobe.stats.intervals import wilson

BINS, FEWEST = 10, 10
_UNIT = ["model", "training_seed", "condition", "severity", "unit_id"]


def binned(observations: pd.DataFrame, *, bins: int = BINS, fewest: int = FEWEST) -> pd.DataFrame:
    """Return model, confidence, accuracy, lower, upper and n, a row a bin with enough answers.

    Answers of all training seeds, conditions and severities are taken together; `confidence` is
    the mean in its bin, the interval Wilson's, as if answers were independent.
    """
    wanted = observations[observations["metric"].isin(["confidence", "correct"])]
    both = wanted.pivot_table(index=_UNIT, columns="metric", values="value", observed=True)
    both = both.dropna().reset_index("model")
    place = np.clip(np.ceil(both["confidence"].to_numpy() * bins) - 1, 0, bins - 1)
    grouped = both.assign(bin=place).groupby(["model", "bin"], sort=True, observed=True)
    table = grouped.agg(
        confidence=("confidence", "mean"), accuracy=("correct", "mean"), n=("correct", "size")
    ).reset_index()
    table = table[table["n"] >= fewest].reset_index(drop=True)
    hits = np.round(table["accuracy"].to_numpy() * table["n"].to_numpy())
    lower, upper = wilson(hits, table["n"].to_numpy())
    return table.assign(lower=lower, upper=upper).drop(columns="bin")
