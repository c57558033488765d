"""What the small figures show: each model's estimates along a condition's severities."""

from collections.abc import Sequence
from itertools import islice

import pandas as pd

from capsprobe.report.measures import DRAWN_METRICS, Scope, is_main, span
from capsprobe.report.names import slug
from capsprobe.report.panels import Panel, Series
from capsprobe.report.wording import THREATS
from capsprobe.stats.skill import chance

_MOST = 20


def panels(
    estimates: pd.DataFrame, scope: Scope, *, classes: int, most: int = _MOST
) -> tuple[Panel, ...]:
    """Return a panel for each main condition and metric, twenty unless more are wanted.

    `estimates` are those of the scope's dataset.
    """
    found = (
        panel(estimates, scope, condition, metric, classes=classes)
        for condition in filter(is_main, scope.conditions)
        for metric in _metrics(condition, estimates)
    )
    return tuple(islice((each for each in found if each.series), most))


def panel(
    estimates: pd.DataFrame, scope: Scope, condition: str, metric: str, *, classes: int
) -> Panel:
    """Return one metric under one condition; without series where nothing was measured."""
    rows = estimates[
        (estimates["condition"] == condition)
        & (estimates["metric"] == metric)
        & estimates["model"].isin(scope.models)
    ]
    return Panel(
        name=slug(f"{scope.probe}-{scope.dataset}-{condition}{_ending(metric)}"),
        probe=scope.probe,
        dataset=scope.dataset,
        condition=condition,
        metric=metric,
        unit=scope.units.get(condition, ""),
        # An attacker knows the label, so guessing is no floor for robust accuracy.
        chance=None if condition.partition("/")[0] in THREATS else chance(metric, classes),
        series=_series(rows, scope.models),
        n_seeds=span(rows["n_seeds"]),
        n_units=span(rows["n_units"]),
    )


def _metrics(condition: str, estimates: pd.DataFrame) -> list[str]:
    """Return the metrics to draw; where a condition is one published test, its score alone."""
    held = set(estimates.loc[estimates["condition"] == condition, "metric"])
    drawn = [metric for metric in DRAWN_METRICS if metric in held] or sorted(held)
    return drawn[:1] if condition == "multimnist" else drawn


def _ending(metric: str) -> str:
    return "" if metric == "correct" else f"-{metric}"


def _series(rows: pd.DataFrame, models: Sequence[str]) -> tuple[Series, ...]:
    curves = {str(name): curve for name, curve in rows.groupby("model", observed=True)}
    return tuple(curve(name, curves[name]) for name in models if name in curves)


def curve(model: str, rows: pd.DataFrame) -> Series:
    """Return one model's estimates of one metric, by severity."""
    rows = rows.sort_values("severity", kind="stable")
    columns = {name: tuple(map(float, rows[name])) for name in ("estimate", "lower", "upper")}
    return Series(
        model=model,
        severities=tuple(map(float, rows["severity"])),
        estimates=columns["estimate"],
        lower=columns["lower"],
        upper=columns["upper"],
    )
