"""From the summary to its figures, a small one for each condition: seaborn, as SVG.

The same summary gives the same bytes.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from capsprobe.report import wording
from capsprobe.report.canvas import Canvas, line_of, settings
from capsprobe.report.exhibits import (
    Course,
    Dots,
    Figure,
    Heatmaps,
    Ladder,
    Matrix,
    Planes,
    Scatter,
    Sheet,
    Stairs,
    Strips,
    Violins,
)
from capsprobe.report.figures.courses import draw_course
from capsprobe.report.figures.dots import draw_dots
from capsprobe.report.figures.heatmaps import draw_heatmaps
from capsprobe.report.figures.ladders import draw_ladder
from capsprobe.report.figures.matrices import draw_matrix
from capsprobe.report.figures.planes import draw_planes
from capsprobe.report.figures.scatters import draw_scatter
from capsprobe.report.figures.sheets import draw_sheet
from capsprobe.report.figures.stairs import draw_stairs
from capsprobe.report.figures.strips import draw_strips
from capsprobe.report.figures.violins import draw_violins
from capsprobe.report.names import shortened
from capsprobe.report.panels import Panel
from capsprobe.report.styles import PALETTE, Style, styles
from capsprobe.report.summary import Difference, Forest, Summary
from capsprobe.report.svg import INK, Drawing

_HEIGHT, _LEFT = 228.0, 42.0
# Room for more digits than those of a percentage.
_LEFT_OF_NUMBERS = 54.0
_LABELS, _ROW = 150.0, 16.0
# A condition with so few severities has no curve: its points stand beside one another.
_FEW = 2
# Where ticks may lie: whole pixels, and parts of a turn.
_STEPS = {"px": [1, 2, 5, 10], "iterations": [1, 2, 5, 10], "deg": [1.5, 3, 4.5, 9, 10]}


def draw(summary: Summary) -> dict[str, Drawing]:
    """Return every figure of a report by its name, which is also its file's."""
    looks = styles(summary.models)
    reach = reach_of(summary.forests)
    drawn = {forest.name: draw_forest(forest, looks, reach=reach) for forest in summary.forests}
    for part in (part for probe in summary.probes for part in probe.parts):
        drawn |= {panel.name: draw_panel(panel, looks) for panel in part.panels}
        for exhibit in part.exhibits:
            for figure in (*exhibit.figures, *exhibit.folded):
                drawn[figure.name] = draw_figure(figure, looks)
    return drawn


def draw_figure(figure: Figure, looks: Mapping[str, Style]) -> Drawing:
    """Return any figure of an exhibit."""
    if isinstance(figure, Panel):
        return draw_panel(figure, looks)
    return _DRAWN[type(figure)](figure, looks)


def draw_panel(panel: Panel, looks: Mapping[str, Style]) -> Drawing:
    """Return a metric against severity, with its intervals as bands or bars."""
    shown = {series.model: looks[series.model] for series in panel.series}
    scale = 100.0 if wording.is_fraction(panel.metric) else 1.0
    with settings(panel.name):
        left = _LEFT if wording.is_fraction(panel.metric) else _LEFT_OF_NUMBERS
        canvas = Canvas(panel.name, left=left, height=_HEIGHT, legend=shown)
        severities = sorted({each for series in panel.series for each in series.severities})
        if len(severities) > _FEW:
            _curves(canvas.axes, panel, shown, scale)
        else:
            _points(canvas.axes, panel, shown, scale, severities)
        _axes(canvas.axes, panel, scale)
        canvas.title(wording.heading(panel.condition, panel.metric))
        return canvas.finish(_panel_label(panel))


def draw_forest(forest: Forest, looks: Mapping[str, Style], *, reach: float) -> Drawing:
    """Return the differences of two models in all measures, in percentage points.

    `reach` is how far the axis goes each way; it is the same for all pairs.
    """
    rows = len(forest.differences)
    with settings(forest.name):
        canvas = Canvas(forest.name, left=_LABELS, height=70.0 + _ROW * rows, legend={})
        axes = canvas.axes
        axes.axvline(0.0, color=INK, linewidth=0.9)
        for place, each in enumerate(forest.differences):
            _difference(axes, place, each, looks)
        a, b = shortened(forest.a, 20), shortened(forest.b, 20)
        axes.set(xlim=(-reach, reach), ylim=(rows - 0.4, -0.6))
        axes.set_yticks(range(rows), [wording.tick(each.measure) for each in forest.differences])
        axes.grid(visible=False, axis="y")
        axes.set_xlabel("difference (percentage points)")
        canvas.title(f"{a} minus {b}")
        return canvas.finish(_forest_label(forest))


def _curves(axes: Axes, panel: Panel, looks: Mapping[str, Style], scale: float) -> None:
    dial = 100.0 if panel.condition in wording.IN_PERCENT else 1.0
    for series in panel.series:
        axes.fill_between(
            np.array(series.severities) * dial,
            np.array(series.lower) * scale,
            np.array(series.upper) * scale,
            color=PALETTE[looks[series.model].colour][0],
            alpha=0.16,
            linewidth=0.0,
        )
    for series in panel.series:
        at, estimates = np.array(series.severities) * dial, np.array(series.estimates) * scale
        axes.plot(at, estimates, **line_of(looks[series.model]))
    for mark in panel.marks:
        place = mark.severity * dial, mark.value * scale
        axes.plot(*place, marker="*", color=INK, markersize=9.0, linestyle="none")
        axes.annotate(
            f"{mark.value:g}, {mark.source}", place, xytext=(6.0, -11.0), textcoords="offset points"
        )
    if panel.unit in _STEPS:
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=_STEPS[panel.unit]))


def _points(
    axes: Axes,
    panel: Panel,
    looks: Mapping[str, Style],
    scale: float,
    severities: Sequence[float],
) -> None:
    """Put the models beside one another at each severity, their intervals as bars."""
    step = 0.6 / max(len(panel.series), 1)
    for place, series in enumerate(panel.series):
        aside = (place - (len(panel.series) - 1) / 2.0) * step
        at = np.array([severities.index(each) for each in series.severities]) + aside
        estimates = np.array(series.estimates)
        ends = np.abs(np.array([series.lower, series.upper]) - estimates)
        look = {**line_of(looks[series.model]), "linestyle": "none", "markersize": 6.0}
        axes.errorbar(at, estimates * scale, yerr=ends * scale, elinewidth=1.6, **look)
    words = [wording.severity(each, panel.condition, panel.unit) for each in severities]
    axes.set_xticks(range(len(severities)), words)
    axes.set_xlim(-0.5, len(severities) - 0.5)
    axes.grid(visible=False, axis="x")


def _axes(axes: Axes, panel: Panel, scale: float) -> None:
    axes.set_xlabel(wording.axis(panel.condition, panel.unit))
    axes.set_ylabel(wording.vertical(panel.metric, panel.condition))
    if wording.is_fraction(panel.metric):
        axes.set_ylim(-3.0, 103.0)
        axes.set_yticks(range(0, 101, 25))
    if panel.diagonal:
        axes.axline((0.0, 0.0), slope=1.0, color=INK, linewidth=0.8, linestyle=(0.0, (1.0, 2.0)))
    if panel.chance is not None:
        axes.axhline(panel.chance * scale, color=INK, linewidth=0.8, linestyle=(0.0, (1.0, 2.0)))
    if panel.scale == "log":
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        axes.minorticks_off()


def _difference(axes: Axes, place: int, each: Difference, looks: Mapping[str, Style]) -> None:
    winner = {"higher": each.a, "lower": each.b}.get(each.direction)
    colour = INK if winner is None else PALETTE[looks[winner].colour][0]
    axes.plot([100.0 * each.lower, 100.0 * each.upper], [place, place], color=colour, linewidth=1.8)
    axes.plot(
        [100.0 * each.estimate],
        [place],
        marker="o" if winner is None else looks[winner].marker,
        color=colour,
        markerfacecolor="none" if winner is None else colour,
        markeredgewidth=1.2,
        markersize=5.0,
    )


def _panel_label(panel: Panel) -> str:
    """Return what a reader who cannot see the figure should know; the numbers are in the table."""
    ends = "; ".join(
        f"{shortened(series.model)} from {_said(series.estimates[0], panel.metric)} "
        f"to {_said(series.estimates[-1], panel.metric)}"
        for series in panel.series
    )
    across = wording.axis(panel.condition, panel.unit)
    up = wording.measure_axis(panel.metric, panel.condition)
    return f"{wording.heading(panel.condition, panel.metric)}, {up} against {across}: {ends}."


def _said(value: float, metric: str) -> str:
    return f"{100.0 * value:.1f}" if wording.is_fraction(metric) else f"{value:.3g}"


def _forest_label(forest: Forest) -> str:
    lines = "; ".join(
        f"{wording.tick(each.measure)} {100.0 * each.estimate:+.1f} "
        f"({100.0 * each.lower:+.1f} to {100.0 * each.upper:+.1f})"
        for each in forest.differences
    )
    a, b = shortened(forest.a), shortened(forest.b)
    return f"Differences {a} minus {b} in percentage points: {lines}."


def reach_of(forests: Sequence[Forest]) -> float:
    """Return how far from zero the farthest end of an interval lies, with some air."""
    ends = [
        abs(end)
        for forest in forests
        for each in forest.differences
        for end in (each.lower, each.upper)
    ]
    return 100.0 * max([*ends, 0.01]) * 1.08


_DRAWN: dict[type, Callable[[Any, Mapping[str, Style]], Drawing]] = {
    Course: draw_course,
    Dots: draw_dots,
    Heatmaps: draw_heatmaps,
    Ladder: draw_ladder,
    Planes: draw_planes,
    Matrix: draw_matrix,
    Scatter: draw_scatter,
    Sheet: draw_sheet,
    Strips: draw_strips,
    Stairs: draw_stairs,
    Violins: draw_violins,
}
