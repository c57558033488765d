"""How far the nearest images that err are: curves of what breaks within a distance, and medians."""

import pandas as pd

from capsprobe.report.curves import panel
from capsprobe.report.exhibits import Exhibit
from capsprobe.report.grids import single_grid
from capsprobe.report.measures import Scope
from capsprobe.stats.censored import FOUND, WITHIN, reached

METRIC = "distance"


def distances(
    estimates: pd.DataFrame, observations: pd.DataFrame, scope: Scope
) -> tuple[Exhibit, ...]:
    """Return the one exhibit of distances, none where no attack sought them.

    `estimates` and `observations` are those of the scope's probe and dataset. Where nothing was
    broken there are no curves, and the table says up to which fraction that may be chance.
    """
    held = estimates[estimates["metric"].isin((METRIC, METRIC + FOUND))]
    if held.empty:
        return ()
    within = reached(observations, METRIC)
    drawn = [
        panel(within, scope, condition, METRIC + WITHIN, classes=0)
        for condition in scope.conditions
        if condition in set(within["condition"])
    ]
    figures = tuple(each for each in drawn if each.series)
    return (Exhibit(key="distances", figures=figures, grid=single_grid(held, scope)),)
