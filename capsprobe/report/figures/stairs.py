"""From natural accuracy down to the worst that was found: a row each, in it a point a model."""

from collections.abc import Mapping

from matplotlib.axes import Axes

from capsprobe.report import wording
from capsprobe.report.canvas import Canvas, settings
from capsprobe.report.exhibits import Dot, Stair, Stairs
from capsprobe.report.names import shortened
from capsprobe.report.styles import PALETTE, Style
from capsprobe.report.svg import FAINT, Drawing

_LABELS, _STEP, _GAP = 132.0, 10.0, 12.0


def draw_stairs(stairs: Stairs, looks: Mapping[str, Style]) -> Drawing:
    """Return a row a condition, and in it a line a model, in percent."""
    heights = [_STEP * len(row.dots) + _GAP for row in stairs.rows]
    with settings(stairs.name):
        canvas = Canvas(stairs.name, left=_LABELS, height=66.0 + sum(heights), legend={})
        axes = canvas.axes
        middles, top = [], 0.0
        for height, row in zip(heights, stairs.rows, strict=True):
            for place, dot in enumerate(row.dots):
                _point(axes, top + _GAP / 2.0 + _STEP * (place + 0.5), dot, looks[dot.model])
            middles.append(top + height / 2.0)
            top += height
            axes.axhline(top, color=FAINT, linewidth=0.6)
        axes.set_yticks(middles, [_tick(row) for row in stairs.rows])
        axes.set(xlim=(-3.0, 103.0), ylim=(top, 0.0))
        axes.set_xticks(range(0, 101, 25))
        axes.grid(visible=False, axis="y")
        axes.set_xlabel(wording.measure_axis(stairs.metric))
        canvas.title("From natural to the worst that was found")
        return canvas.finish(_label(stairs))


def _point(axes: Axes, at: float, dot: Dot, look: Style) -> None:
    colour = PALETTE[look.colour][0]
    ends = [100.0 * dot.cell.lower, 100.0 * dot.cell.upper]
    axes.plot(ends, [at, at], color=colour, linewidth=1.6)
    estimate = 100.0 * dot.cell.estimate
    axes.plot([estimate], [at], marker=look.marker, color=colour, markersize=5.0)


def _tick(row: Stair) -> str:
    fewest, most = row.n_units
    count = f"{most}" if fewest == most else f"{fewest} to {most}"
    return f"{wording.condition(row.condition)}\nn = {count}"


def _label(stairs: Stairs) -> str:
    rows = "; ".join(
        f"{wording.condition(row.condition)}: "
        + ", ".join(
            f"{shortened(each.model)} {100.0 * each.cell.estimate:.1f}" for each in row.dots
        )
        for row in stairs.rows
    )
    return f"Accuracy in percent, from natural to the worst that was found. {rows}."
