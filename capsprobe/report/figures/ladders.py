"""Errors by kind: a row a kind, in it a point a model with its interval."""

from collections.abc import Mapping

from matplotlib.axes import Axes

from capsprobe.report import wording
from capsprobe.report.canvas import Canvas, settings
from capsprobe.report.exhibits import Dot, Ladder
from capsprobe.report.names import shortened
from capsprobe.report.styles import PALETTE, Style
from capsprobe.report.svg import FAINT, Drawing

_LABELS, _STEP, _GAP = 92.0, 7.0, 8.0


def draw_ladder(ladder: Ladder, looks: Mapping[str, Style]) -> Drawing:
    """Return a row a condition, and in it a line a model, in percent."""
    heights = [_STEP * len(points) + _GAP for _, points in ladder.rows]
    with settings(ladder.name):
        canvas = Canvas(ladder.name, left=_LABELS, height=64.0 + sum(heights), legend={})
        axes = canvas.axes
        middles, top = [], 0.0
        for height, (_, points) in zip(heights, ladder.rows, strict=True):
            for place, point in enumerate(points):
                _point(axes, top + _GAP / 2.0 + _STEP * (place + 0.5), point, looks[point.model])
            middles.append(top + height / 2.0)
            top += height
            axes.axhline(top, color=FAINT, linewidth=0.6)
        axes.set_yticks(middles, [wording.condition(name) for name, _ in ladder.rows])
        axes.set(xlim=(-2.0, 102.0), ylim=(top, 0.0))
        axes.grid(visible=False, axis="y")
        axes.set_xlabel(wording.measure_axis(ladder.metric))
        canvas.title("Error by kind, mean over severities")
        return canvas.finish(_label(ladder))


def _point(axes: Axes, at: float, point: Dot, look: Style) -> None:
    colour = PALETTE[look.colour][0]
    ends = [100.0 * point.cell.lower, 100.0 * point.cell.upper]
    axes.plot(ends, [at, at], color=colour, linewidth=1.4)
    estimate = 100.0 * point.cell.estimate
    axes.plot([estimate], [at], marker=look.marker, color=colour, markersize=4.2)


def _label(ladder: Ladder) -> str:
    rows = "; ".join(
        f"{wording.condition(name)}: "
        + ", ".join(f"{shortened(each.model)} {100.0 * each.cell.estimate:.1f}" for each in points)
        for name, points in ladder.rows
    )
    return f"Error in percent by kind, mean over severities. {rows}."
