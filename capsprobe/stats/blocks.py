"""Observations as matrices: one block for each dataset and condition, units by columns.

The long table is what probes write and files keep; resampling wants a matrix, one column for
each checkpoint, severity and metric.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float

from capsprobe.faults import DataFault
from capsprobe.tables import COLUMNS

KEYS = ["model", "severity", "metric", "training_seed"]
_PLACE = ["dataset", "condition", "unit"]
_TEXT = ["dataset", "condition", "unit", "model", "metric"]


@dataclass(frozen=True, kw_only=True)
class Block:
    """All values under one condition on one dataset; a unit is the same row in every column.

    `keys` says for each column what it holds; the training seed is its last column, and columns
    that differ in nothing else stand side by side. Where not `present` a value is 0.
    """

    dataset: str
    condition: str
    keys: pd.DataFrame
    values: Float[np.ndarray, "units columns"]
    present: Bool[np.ndarray, "units columns"]

    def only(self, columns: np.ndarray) -> "Block":
        """Return the block with these columns alone; its units stay, so its draws stay too."""
        return Block(
            dataset=self.dataset,
            condition=self.condition,
            keys=self.keys.iloc[columns].reset_index(drop=True),
            values=self.values[:, columns],
            present=self.present[:, columns],
        )


def blocks(observations: pd.DataFrame) -> Iterator[Block]:
    """Yield the blocks of one probe's observations, sorted by dataset and condition.

    Raises
    ------
    DataFault
        Where a column is missing, more than one probe is there, or an observation stands twice.
    """
    missing = [column for column in COLUMNS if column not in observations.columns]
    if missing:
        raise DataFault(f"expected columns {COLUMNS}, got none called {missing[0]!r}")
    names = observations["probe"].unique()
    if len(names) > 1:
        raise DataFault(f"expected observations of one probe, got {sorted(map(str, names))}")
    table = observations[_PLACE + [*KEYS, "unit_id", "value"]]
    table = table.assign(**{column: _ordered(table[column]) for column in _TEXT})
    for (dataset, condition, _), rows in table.groupby(_PLACE, sort=True, observed=True):
        yield _block(str(dataset), str(condition), rows)


def _ordered(column: pd.Series) -> pd.Series:
    """Return text as categories in alphabetical order: small, quick to group, always sorted alike.

    A column that is categorical already may come in any order.
    """
    if not isinstance(column.dtype, pd.CategoricalDtype):
        return column.astype("category")
    return column.cat.reorder_categories(sorted(column.cat.categories))


def _block(dataset: str, condition: str, rows: pd.DataFrame) -> Block:
    grouped = rows.groupby(KEYS, sort=True, observed=True)
    keys = grouped.size().index.to_frame(index=False)
    unit_ids, unit = np.unique(rows["unit_id"].to_numpy(), return_inverse=True)
    shape = len(unit_ids), len(keys)
    place = unit * len(keys) + grouped.ngroup().to_numpy()
    counts = np.bincount(place, minlength=shape[0] * shape[1]).reshape(shape)
    if counts.max(initial=0) > 1:
        raise DataFault(f"expected every observation of {condition} once, got some twice")
    values = np.bincount(place, weights=rows["value"], minlength=counts.size).reshape(shape)
    for column in ("model", "metric"):
        keys[column] = keys[column].astype(object)
    return Block(dataset=dataset, condition=condition, keys=keys, values=values, present=counts > 0)
