"""Estimates of several models in rows, each with its interval and its null."""

from collections.abc import Mapping

from matplotlib.axes import Axes

from capsprobe.report import lexicon, wording
from capsprobe.report.canvas import Canvas, settings
from capsprobe.report.exhibits import Dot, Dots
from capsprobe.report.names import shortened
from capsprobe.report.styles import PALETTE, Style
from capsprobe.report.svg import FAINT, INK, Drawing

_LABELS, _STEP, _GAP = 136.0, 11.0, 12.0
_NULL = "#8b949e"
_LINE = 20


def draw_dots(dots: Dots, looks: Mapping[str, Style]) -> Drawing:
    """Return a row a metric, and in it a line a model."""
    heights = [_STEP * len(points) + _GAP for _, points in dots.rows]
    with settings(dots.name):
        canvas = Canvas(dots.name, left=_LABELS, height=70.0 + sum(heights), legend={})
        axes = canvas.axes
        axes.axvline(0.0, color=INK, linewidth=0.8)
        middles, top = [], 0.0
        for height, (_, points) in zip(heights, dots.rows, strict=True):
            for place, point in enumerate(points):
                _point(axes, top + _GAP / 2.0 + _STEP * (place + 0.5), point, looks[point.model])
            middles.append(top + height / 2.0)
            top += height
            axes.axhline(top, color=FAINT, linewidth=0.6)
        axes.set_yticks(middles, [_wrapped(_called(dots, name)) for name, _ in dots.rows])
        axes.set(xlim=(dots.lowest - 0.03, _farthest(dots) + 0.03), ylim=(top, 0.0))
        axes.grid(visible=False, axis="y")
        axes.set_xlabel(_axis(dots))
        canvas.title(_heading(dots))
        return canvas.finish(_label(dots))


def _point(axes: Axes, at: float, point: Dot, look: Style) -> None:
    colour = PALETTE[look.colour][0]
    if point.null is not None:
        below = at + _STEP * 0.36
        ends = [point.null.lower, point.null.upper]
        axes.plot(ends, [below, below], color=_NULL, linewidth=2.0)
    axes.plot([point.cell.lower, point.cell.upper], [at, at], color=colour, linewidth=1.6)
    axes.plot([point.cell.estimate], [at], marker=look.marker, color=colour, markersize=5.0)


def _farthest(dots: Dots) -> float:
    """Return the largest end of an interval, one at least."""
    return max([1.0, *(each.cell.upper for _, points in dots.rows for each in points)])


def _wrapped(text: str) -> str:
    """Return a label on two lines where it is long."""
    if len(text) <= _LINE:
        return text
    place = text.find(" ", len(text) // 2 - 3)
    return text if place < 0 else f"{text[:place]}\n{text[place + 1 :]}"


def _heading(dots: Dots) -> str:
    return dots.heading or wording.condition(dots.condition)


def _axis(dots: Dots) -> str:
    return dots.axis or lexicon.KINDS[dots.kind]


def _called(dots: Dots, row: str) -> str:
    return row if dots.heading else lexicon.weight(row)


def _label(dots: Dots) -> str:
    rows = "; ".join(
        f"{_called(dots, name)}: "
        + ", ".join(f"{shortened(each.model)} {each.cell.estimate:+.2f}" for each in points)
        for name, points in dots.rows
    )
    return f"{_heading(dots)}, {_axis(dots)}. {rows}."
