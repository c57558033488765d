"""Everything that is estimated from one probe's observations, in one walk over them.

Each table is what the function of its module gives alone; together they share the draws, which
is where the time goes.
"""

from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from capsprobe.stats.aggregate import (
    AGGREGATE_COLUMNS,
    as_table,
    binary_metrics,
    in_order,
    with_wilson,
)
from capsprobe.stats.blocks import Block, blocks
from capsprobe.stats.bootstrap import resample, together
from capsprobe.stats.censored import censored as censored_table
from capsprobe.stats.corruption import CORRUPTION_COLUMNS, error_table
from capsprobe.stats.kappa import agreements
from capsprobe.stats.means import MEAN_COLUMNS, mean_table
from capsprobe.stats.paired import (
    DIFFERENCE_COLUMNS,
    MEAN_DIFFERENCE_COLUMNS,
    Pairs,
    shared_blocks,
)
from capsprobe.stats.skill import SKILL_COLUMNS, skill_table


def _no_errors() -> pd.DataFrame:
    return in_order([], CORRUPTION_COLUMNS)


@dataclass(frozen=True, kw_only=True)
class Summary:
    """The tables of one probe, as `aggregate`, `mean_over_severities` and the others give them.

    Errors beside a baseline are there where one was named.
    """

    estimates: pd.DataFrame
    means: pd.DataFrame
    skill: pd.DataFrame
    differences: pd.DataFrame
    mean_differences: pd.DataFrame
    corruption_errors: pd.DataFrame = field(default_factory=_no_errors)


def summarise(
    observations: pd.DataFrame,
    *,
    pairs: Pairs = (),
    classes: int = 10,
    nominal: Set[str] = frozenset(),
    censored: Set[str] = frozenset(),
    sought: Set[str] = frozenset(),
    nulls: Set[str] = frozenset(),
    baseline: str | None = None,
) -> Summary:
    """Return all tables of one probe; `pairs` are those that differences are taken of.

    Values of `nominal` metrics have no mean: the estimates say how alike they are instead. Those
    of `censored` ones have a median, asked for under the conditions in `sought`. By `nulls` models
    do not differ: they have no differences. With a `baseline`, a model's name, the errors of all
    stand beside its errors.
    """
    alike = agreements(observations, nominal)
    medians = censored_table(observations, censored, sought)
    observations = observations[~observations["metric"].isin(nominal | censored)]
    binary = binary_metrics(observations)
    estimates, means, skills, differences, mean_differences = [], [], [], [], []
    held = list(blocks(observations))
    errors = [resample(block) for block in held] if baseline is not None else []
    for found in together(errors or map(resample, held)):
        estimates.append(with_wilson(found, binary))
        means.append(mean_table(found))
        skills.append(skill_table(found, classes))
    for shared in together(map(resample, _compared(held, pairs, nulls))):
        differences.append(as_table(shared))
        mean_differences.append(mean_table(shared))
    return Summary(
        estimates=in_order([*estimates, alike, medians], AGGREGATE_COLUMNS),
        means=in_order(means, MEAN_COLUMNS),
        skill=in_order(skills, SKILL_COLUMNS),
        differences=in_order(differences, DIFFERENCE_COLUMNS),
        mean_differences=in_order(mean_differences, MEAN_DIFFERENCE_COLUMNS),
        corruption_errors=error_table(errors, baseline) if errors and baseline else _no_errors(),
    )


def _compared(held: Iterable[Block], pairs: Pairs, nulls: Set[str]) -> Iterator[Block]:
    """Yield blocks of differences, in all metrics but the nulls."""
    for block in held:
        kept = block.only(np.flatnonzero(~block.keys["metric"].isin(nulls)))
        yield from shared_blocks(kept, pairs)
