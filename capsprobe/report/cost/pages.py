"""Which exhibits the probe of cost has, in the order in which they are read."""

from dataclasses import replace

import pandas as pd

from capsprobe.report.cost import pareto
from capsprobe.report.curves import panel
from capsprobe.report.exhibits import Exhibit, Figure
from capsprobe.report.grids import single_grid
from capsprobe.report.routing.evidence import Evidence
from capsprobe.report.routing.numbers import numbers
from capsprobe.report.routing.pages import OVERVIEW
from capsprobe.stats.quantiles import middles

PROBE = "cost"
_PASSES = ("forward", "training")
_TIMED = (*(f"latency/{name}" for name in _PASSES), "block/routing", "iterations/forward")
TIMES = ("latency_ms", "relative_latency")
"""Metrics whose repeats are told by their median and middle half."""


def exhibits(evidence: Evidence) -> tuple[Exhibit, ...]:
    """Return sizes, times, memory, and what accuracy costs."""
    evidence = told_by_medians(evidence)
    found = (
        Exhibit(key=OVERVIEW, grid=numbers(evidence)),
        Exhibit(key="pareto", figures=pareto.scatters(evidence)),
        Exhibit(
            key="latency",
            figures=_panels(evidence, _TIMED, "latency_ms"),
            folded=_panels(evidence, _TIMED, "relative_latency"),
        ),
        Exhibit(
            key="memory",
            figures=_panels(
                evidence, tuple(f"memory/{name}" for name in _PASSES), "peak_memory_mib"
            ),
        ),
        Exhibit(key="size", grid=single_grid(_sizes(evidence), evidence.scope)),
    )
    return tuple(each for each in found if each.figures or (each.grid and each.grid.rows))


def told_by_medians(evidence: Evidence) -> Evidence:
    """Return the evidence with medians and middle halves of times in place of means."""
    held, seen = evidence.estimates, evidence.observations
    timed = seen[seen["metric"].isin(TIMES)]
    if timed.empty:
        return evidence
    return replace(evidence, estimates=middles(held, timed))


def _sizes(evidence: Evidence) -> pd.DataFrame:
    return evidence.estimates[evidence.estimates["condition"] == "size/all"]


def _panels(evidence: Evidence, conditions: tuple[str, ...], metric: str) -> tuple[Figure, ...]:
    held = (
        panel(evidence.estimates, evidence.scope, condition, metric, classes=evidence.classes)
        for condition in conditions
    )
    return tuple(each for each in held if each.series)
