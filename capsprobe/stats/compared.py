"""The same models in two runs: differences, paired, and which of them are for the worse.

A rule fixed beforehand: a model is worse in a measure where its difference lies below minus the
margin by a one-sided test, corrected by Holm over all measures that were named as primary.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float
from scipy.stats import norm
from statsmodels.stats.multitest import multipletests

from capsprobe.stats.aggregate import as_table
from capsprobe.stats.blocks import blocks
from capsprobe.stats.bootstrap import Estimates, resample
from capsprobe.stats.means import averaged
from capsprobe.stats.paired import shared_blocks

LEVEL = 0.05
# Below so many images a spread of draws says too little to judge by.
FEWEST = 20
CHANGE_COLUMNS = (
    "model",
    "dataset",
    "condition",
    "severity",
    "metric",
    "estimate",
    "lower",
    "upper",
    "n_seeds",
    "n_units",
    "error",
)
_FIRST, _SECOND = " in the first run", " in the second run"


def changes(
    first: pd.DataFrame, second: pd.DataFrame, *, names: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Return second - first of one probe, paired by model, training seed and unit, CHANGE_COLUMNS.

    `names` says what a model of the first run is called in the second. A mean over severities
    other than zero has NaN for its severity. `error` is the standard deviation of the bootstrap's
    draws. Where the two have nothing in common there are no rows.
    """
    renamed = {b: a for a, b in (names or {}).items()}
    models = sorted(set(map(str, first["model"].unique())))
    told = second["model"].astype(str)
    # A model whose place another takes has no place.
    second = second[~(told.isin(set(renamed.values())) & ~told.isin(set(renamed)))]
    told = second["model"].astype(str)
    there = second.assign(model=told.map(lambda name: renamed.get(name, name)) + _SECOND)
    here = first.assign(model=first["model"].astype(str) + _FIRST)
    both = pd.concat([_plain(here), _plain(there)], ignore_index=True)
    pairs = [(f"{name}{_SECOND}", f"{name}{_FIRST}") for name in models]
    tables = []
    for block in blocks(both):
        for shared in shared_blocks(block, pairs):
            found = resample(shared)
            tables.append(_table(found))
            means = averaged(found)
            if len(means.keys):
                tables.append(_table(means).assign(severity=np.nan))
    if not tables:
        return pd.DataFrame(columns=list(CHANGE_COLUMNS))
    table = pd.concat(tables, ignore_index=True)
    table["model"] = table["model_a"].str.removesuffix(_SECOND)
    ordered = list(CHANGE_COLUMNS[:5])
    return table[list(CHANGE_COLUMNS)].sort_values(ordered, ignore_index=True)


def judged(
    table: pd.DataFrame,
    *,
    margin: float,
    primary: Bool[np.ndarray, " rows"],
    better: Float[np.ndarray, " rows"],
) -> pd.DataFrame:
    """Return the table with `p_worse`, `p_better`, both corrected, and a `verdict`.

    `better` is 1 where a larger value is better, -1 where a smaller one is, 0 where neither.
    One-sided z tests of difference + margin < 0 and difference - margin > 0, on the bootstrap's
    standard error; only `primary` rows with a direction and at least 20 units are tested, and
    `verdict` is "worse", "better", "no difference shown" or, elsewhere, "".
    """
    asked = primary & (better != 0.0) & (table["n_units"].to_numpy() >= FEWEST)
    gain = better * table["estimate"].to_numpy()
    error = table["error"].to_numpy()
    found = table.assign(p_worse=np.nan, p_better=np.nan, verdict="")
    if not asked.any():
        return found
    found.loc[asked, "verdict"] = "no difference shown"
    for name, sign in (("worse", -1.0), ("better", 1.0)):
        beyond = (sign * gain - margin)[asked]
        adjusted = multipletests(_upper_tail(beyond, error[asked]), method="holm")[1]
        found.loc[asked, f"p_{name}"] = adjusted
        rows = found.index[asked][adjusted < LEVEL]
        found.loc[rows, "verdict"] = name
    return found


def _upper_tail(
    beyond: Float[np.ndarray, " rows"], error: Float[np.ndarray, " rows"]
) -> Float[np.ndarray, " rows"]:
    """Return the one-sided p; without any spread it is 0 beyond the margin and 1 elsewhere."""
    with np.errstate(divide="ignore", invalid="ignore"):
        tail = norm.sf(beyond / error)
    return np.where(error > 0.0, tail, np.where(beyond > 0.0, 0.0, 1.0))


def _table(found: Estimates) -> pd.DataFrame:
    return as_table(found).assign(error=np.nanstd(found.draws, axis=0, ddof=1))


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    """Return text as text: categories of two runs do not fit together."""
    texts = table.select_dtypes("category").columns
    return table.astype(dict.fromkeys(texts, "str"))
