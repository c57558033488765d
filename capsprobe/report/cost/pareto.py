"""Accuracy against cost, a point a model: what a network gives for what it takes."""

from collections.abc import Iterator

import pandas as pd

from capsprobe.report import expenses, wording
from capsprobe.report.exhibits import Scatter, Spot
from capsprobe.report.measures import span
from capsprobe.report.panels import Cell
from capsprobe.report.points import cell_of
from capsprobe.report.routing.evidence import Evidence

# What it takes: condition, metric, the severity if there are several, the axis in words.
_COSTS = (
    ("latency/forward", "latency_ms", 128.0, "latency of 128 images (ms)"),
    ("size/all", "macs", 0.0, "MACs of an image (millions)"),
    ("size/all", "parameters", 0.0, "parameters (thousands)"),
)
_SCALES = {"macs": 1e6, "parameters": 1e3}
# What it gives: the first of these that the run has measured.
_GIVES = (
    ("adversarial", "linf/worst", "correct", 0.05),
    ("spatial", "spatial/worst-of-10", "correct", 1.0),
    ("affine", "rotation", "correct", 30.0),
)


def scatters(evidence: Evidence) -> tuple[Scatter, ...]:
    """Return a plane for each cost; none where the run measured no accuracy beside it."""
    for probe, condition, metric, severity in _GIVES:
        held = evidence.elsewhere.get(probe)
        if held is None:
            continue
        rows = held[
            (held["condition"] == condition)
            & (held["metric"] == metric)
            & (held["severity"] == severity)
        ]
        if len(rows):
            said = wording.severity(severity, condition, "deg" if probe == "affine" else "")
            given = f"{wording.condition(condition)}, {said}"
            up = f"{wording.metric(metric, condition)} (%)"
            return tuple(_scatter(evidence, rows, given, up, *cost) for cost in _COSTS)
    return ()


def _scatter(
    evidence: Evidence,
    gives: pd.DataFrame,
    given: str,
    up: str,
    condition: str,
    metric: str,
    severity: float,
    across: str,
) -> Scatter:
    takes = evidence.rows(condition, metric)
    takes = takes[takes["severity"] == severity]
    return Scatter(
        name=evidence.named("pareto", metric),
        heading=f"{given}: against {expenses.METRICS[metric].partition(' (')[0]}",
        across=across,
        up=up,
        spots=tuple(_spots(evidence, gives, takes, _SCALES.get(metric, 1.0))),
        diagonal=False,
        n_seeds=span(gives["n_seeds"]),
        n_units=span(gives["n_units"]),
    )


def _spots(
    evidence: Evidence, gives: pd.DataFrame, takes: pd.DataFrame, scale: float
) -> Iterator[Spot]:
    for model in evidence.models:
        gave, took = gives[gives["model"] == model], takes[takes["model"] == model]
        if len(gave) and len(took):
            yield Spot(
                model=model,
                across=_scaled(cell_of(took.iloc[0]), 1.0 / scale),
                up=_scaled(cell_of(gave.iloc[0]), 100.0),
            )


def _scaled(cell: Cell, by: float) -> Cell:
    return Cell(estimate=cell.estimate * by, lower=cell.lower * by, upper=cell.upper * by)
