"""Effects in rows, each with its interval, beside zero."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.ticker import MaxNLocator

from capsprobe.report.canvas import Canvas, settings
from capsprobe.report.styles import PALETTE
from capsprobe.report.svg import INK, Drawing

_LABELS, _ROW = 150.0, 18.0
_COLOUR = PALETTE[0][0]


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One effect in percentage points; `shown` where it is beyond chance."""

    label: str
    estimate: float
    lower: float
    upper: float
    shown: bool


def draw_effects(
    name: str, heading: str, rows: Sequence[Bar], *, reach: float, axis: str
) -> Drawing:
    """Return a line a row; what lies farther out than `reach` is cut at the edge."""
    with settings(name):
        canvas = Canvas(name, left=_LABELS, height=70.0 + _ROW * len(rows), legend={})
        axes = canvas.axes
        axes.axvline(0.0, color=INK, linewidth=0.8)
        for place, row in enumerate(rows):
            ends = [max(row.lower, -reach), min(row.upper, reach)]
            axes.plot(ends, [place, place], color=_COLOUR, linewidth=1.8, solid_capstyle="butt")
            axes.plot(
                [min(max(row.estimate, -reach), reach)],
                [place],
                marker="o",
                color=_COLOUR,
                markerfacecolor=_COLOUR if row.shown else "none",
                markersize=5.0,
            )
        axes.set_yticks(range(len(rows)), [row.label for row in rows])
        axes.set(xlim=(-1.04 * reach, 1.04 * reach), ylim=(len(rows) - 0.5, -0.5))
        axes.xaxis.set_major_locator(MaxNLocator(5))
        axes.grid(visible=False, axis="y")
        axes.set_xlabel(axis)
        canvas.title(heading)
        told = "; ".join(
            f"{row.label} {row.estimate:+.1f} ({row.lower:+.1f} to {row.upper:+.1f})"
            for row in rows
        )
        return canvas.finish(f"{heading}, {axis}: {told}.")
