"""Whether a number falls along the severities, unit by unit."""

import pandas as pd

from capsprobe.stats.aggregate import aggregate
from capsprobe.tables import COLUMNS

# What rounding in single precision may add to a number that stays as it is.
SLACK = 1e-5
_CURVE = ["probe", "model", "training_seed", "dataset", "condition", "unit", "unit_id", "metric"]


def falling(observations: pd.DataFrame) -> pd.DataFrame:
    """Return the fraction of units whose value never rises from one severity to the next.

    As `aggregate` gives estimates; `inertia` becomes `inertia_falls`, the severity is the last
    one. A rise counts from 1e-5 of the curve's largest value on.
    """
    ordered = observations.sort_values([*_CURVE, "severity"], kind="stable")
    curves = ordered.groupby(_CURVE, sort=False, observed=True)
    largest = ordered["value"].abs().groupby([ordered[name] for name in _CURVE], observed=True)
    rises = curves["value"].diff().fillna(0.0) > SLACK * largest.transform("max")
    found = ordered.assign(value=(~rises).astype(float))
    never = found.groupby(_CURVE, sort=False, observed=True, as_index=False)
    table = never.agg(value=("value", "min"), severity=("severity", "max"))
    named = table.assign(metric=table["metric"].astype(str) + "_falls")
    return aggregate(named[list(COLUMNS)])
