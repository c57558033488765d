"""The observation table: its columns, the check of what goes in, and what else a probe yields.

One observation a row. A probe writes the last six columns, the study adds the first four.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from capsprobe.faults import DataFault

SCHEMA_VERSION = 1

STUDY_COLUMNS = ("probe", "model", "training_seed", "dataset")
PROBE_COLUMNS = ("condition", "severity", "unit", "unit_id", "metric", "value")
COLUMNS = STUDY_COLUMNS + PROBE_COLUMNS

SAMPLE_COLUMNS = (
    "condition",
    "severity",
    "unit_id",
    "label",
    "clean_prediction",
    "prediction",
    "height",
    "width",
    "clean",
    "perturbed",
)

# What a source of images is called that is the very network it is put to.
ITSELF = "itself"

TRACE_COLUMNS = ("condition", "severity", "unit_id", "label", "name", "rows", "columns", "values")


@dataclass(frozen=True, kw_only=True)
class Metric:
    """What a value says, and the bounds that it must keep.

    A nominal metric's values are names in numbers (a class): they can be compared, not averaged.
    A censored one is known only where it is small enough to have been found: units that are right
    when clean and have no value have a larger one, so it has a median and no mean.
    A null says what chance gives where another metric says what is: models do not differ by it.
    """

    name: str
    lower: float
    upper: float
    unit: str = "1"
    description: str = ""
    nominal: bool = False
    censored: bool = False
    null: bool = False


@dataclass(frozen=True, kw_only=True)
class Condition:
    """What is done to images; `unit` is that of the severity.

    A name reads `axis` or `threat/attack`. Where `has_clean`, severity zero changes nothing and
    is always written. Where it `seeks`, values of the censored metrics are sought under it, of
    whatever size: units without one were never broken, also where no unit of any model has one.
    """

    name: str
    unit: str
    description: str = ""
    has_clean: bool = True
    seeks: bool = False

    @property
    def part(self) -> str:
        """Return what is measured in one go: the name up to the first slash."""
        return self.name.partition("/")[0]


CORRECT = Metric(
    name="correct", lower=0.0, upper=1.0, description="1 where the prediction is the label"
)


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """What one cell yields: observations, a few samples to look at, and what was left out.

    `samples` has SAMPLE_COLUMNS; `clean` and `perturbed` are lists of bytes 0 to 255, row by
    row, `label` and the predictions text. `traces` has TRACE_COLUMNS: matrices by name that say
    what went on inside for a few images, `values` row by row. `left_out` counts observations
    that could not be made, by reason.
    """

    observations: pd.DataFrame
    samples: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=SAMPLE_COLUMNS))
    left_out: dict[str, int] = field(default_factory=dict)
    traces: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=TRACE_COLUMNS))


def observe(
    *,
    condition: str,
    severity: float,
    unit: str,
    unit_ids: Sequence[int] | np.ndarray,
    metric: Metric,
    values: Sequence[float] | np.ndarray,
) -> pd.DataFrame:
    """Return one row for each unit; the other columns are the same in all rows."""
    return pd.DataFrame(
        {
            "condition": condition,
            "severity": float(severity),
            "unit": unit,
            "unit_id": np.asarray(unit_ids, dtype=np.int64),
            "metric": metric.name,
            "value": np.asarray(values, dtype=np.float64),
        }
    )


def check_observations(
    table: pd.DataFrame, *, metrics: Sequence[Metric], conditions: Sequence[Condition]
) -> None:
    """Raise DataFault unless columns, names, bounds and clean rows are as declared.

    No value may be NaN or outside its metric's bounds, no observation may occur twice, and a
    condition that has a clean severity must show it.
    """
    if tuple(table.columns) != PROBE_COLUMNS:
        raise DataFault(f"expected columns {PROBE_COLUMNS}, got {tuple(table.columns)}")
    _check_names(table, "metric", {metric.name for metric in metrics})
    _check_names(table, "condition", {condition.name for condition in conditions})
    for metric in metrics:
        _check_bounds(table.loc[table["metric"] == metric.name, "value"], metric)
    if table.duplicated(subset=[c for c in PROBE_COLUMNS if c != "value"]).any():
        raise DataFault("expected every observation once, got some twice")
    for condition in conditions:
        severities = table.loc[table["condition"] == condition.name, "severity"]
        if condition.has_clean and len(severities) and not (severities == 0.0).any():
            raise DataFault(f"expected clean rows (severity 0) for {condition.name}, got none")


def _check_names(table: pd.DataFrame, column: str, known: set[str]) -> None:
    extra = sorted(set(table[column].unique()) - known)
    if extra:
        raise DataFault(f"expected {column}s {sorted(known)}, got {extra[0]!r}")


def _check_bounds(values: pd.Series, metric: Metric) -> None:
    if not np.isfinite(values).all():
        raise DataFault(f"expected finite values of {metric.name}, got NaN or infinity")
    if len(values) and not (values.min() >= metric.lower and values.max() <= metric.upper):
        raise DataFault(
            f"expected {metric.name} in [{metric.lower:g}, {metric.upper:g}], "
            f"got [{values.min():g}, {values.max():g}]"
        )
