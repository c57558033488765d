"""What was repeated as files: a row a published number or order, with a dictionary."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from capsprobe.report.exports import write_table
from capsprobe.report.repeats import OUTCOMES, RULE, reason
from capsprobe.report.summary import Repeated

_NUMBERS = (
    "published",
    "published_beside",
    "estimate_beside",
    "lower_beside",
    "upper_beside",
)
_COLUMNS = {
    "dataset": "the data set that ours were measured on",
    "test": "what was repeated",
    "condition": "our condition: threat model and attack, or small turns and moves",
    "metric": "distance: our median, their mean; correct: accuracy",
    "model": "name of our model",
    "beside": "name of our model that it is held beside, where an order was published",
    "beside_condition": "the condition of that",
    "published_severity": "epsilon of the published test; 0 for a distance",
    "severity": "epsilon of ours, the nearest that there is",
    "expected": "what was published of the model beside the other: higher or lower",
    "published": "the published number, none where it was not recorded",
    "published_beside": "the same of the other",
    "estimate": "ours",
    "lower": "lower end of its 95 % interval",
    "upper": "upper end of it",
    "estimate_beside": "ours of the other",
    "lower_beside": "lower end of its 95 % interval",
    "upper_beside": "upper end of it",
    "n_seeds": "fewest training seeds",
    "n_units": "fewest images",
    "outcome": "whether it came out again",
    "reason": "why it likely did not",
    "source": "who published it",
}


def write_reproduction(
    rows: Sequence[Repeated], run: Mapping[str, Any], folder: Path
) -> dict[str, Path]:
    """Write `tables/reproduction` below `folder`, where there is any; return what was written."""
    if not rows:
        return {}
    table = pd.DataFrame([_row(each) for each in rows], columns=list(_COLUMNS))
    table = table.astype(dict.fromkeys(_NUMBERS, "float64"))
    about = {
        "table": "reproduction",
        "description": RULE,
        "rows": len(table),
        "columns": _COLUMNS,
        "outcomes": OUTCOMES,
        "versions": run.get("versions", {}),
    }
    return write_table(table, about, folder / "tables" / "reproduction")


def _row(each: Repeated) -> dict[str, Any]:
    same = (
        "dataset",
        "test",
        "condition",
        "metric",
        "model",
        "beside",
        "beside_condition",
        "expected",
    )
    numbers = ("published_severity", "severity", "published", "published_beside")
    beside = each.ours_beside
    return {
        **{name: getattr(each, name) for name in (*same, *numbers, "outcome", "source")},
        "estimate": each.ours.estimate,
        "lower": each.ours.lower,
        "upper": each.ours.upper,
        "estimate_beside": beside and beside.estimate,
        "lower_beside": beside and beside.lower,
        "upper_beside": beside and beside.upper,
        "n_seeds": each.n_seeds[0],
        "n_units": each.n_units[0],
        "reason": reason(each),
    }
