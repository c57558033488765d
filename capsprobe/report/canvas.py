"""What all figures share: size, look, the legend below, and the way to SVG."""

import io
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from capsprobe.report.names import shortened
from capsprobe.report.styles import PALETTE, Style
from capsprobe.report.svg import FAINT, INK, LEGEND, Drawing, finish

# All lengths are points, 72 to the inch.
WIDTH = 340.0
_TOP, _BOTTOM, _RIGHT = 26.0, 36.0, 12.0
_LEGEND_ROW, _LEGEND_COLUMNS = 15.0, 2
_LOOK: dict[Any, Any] = {
    "svg.fonttype": "none",
    "text.parse_math": False,
    "font.family": "DejaVu Sans",
    "font.size": 9.5,
    "axes.titlesize": 10.5,
    "axes.titlelocation": "left",
    "axes.titlepad": 8.0,
    "axes.labelsize": 9.5,
    "axes.edgecolor": FAINT,
    "axes.facecolor": "none",
    "axes.linewidth": 0.8,
    "axes.labelcolor": INK,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": FAINT,
    "grid.linewidth": 0.6,
    "text.color": INK,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.major.size": 0.0,
    "ytick.major.size": 0.0,
    "legend.frameon": False,
    "legend.fontsize": 9.5,
}


class Canvas:
    """One figure with one set of axes; use `axes`, then `finish`.

    `left` is the room for the vertical axis, `foot` that for the horizontal one, `height` that of
    the figure without its legend.
    """

    def __init__(
        self,
        name: str,
        *,
        left: float,
        height: float,
        legend: Mapping[str, Style],
        foot: float = _BOTTOM,
    ):
        strip = _LEGEND_ROW * (-(-len(legend) // _LEGEND_COLUMNS)) + 8.0 if legend else 0.0
        total = height + strip
        self._name, self._height, self._left = name, height, left
        self._figure = Figure(figsize=(WIDTH / 72.0, total / 72.0))
        self._figure.patch.set_alpha(0.0)
        self.axes: Axes = self._figure.add_axes(
            (
                left / WIDTH,
                (strip + foot) / total,
                (WIDTH - left - _RIGHT) / WIDTH,
                (height - _TOP - foot) / total,
            )
        )
        if legend:
            self._add_legend(legend)

    def title(self, text: str) -> None:
        """Put a title above, from the figure's left edge on."""
        left = -(self._left - 4.0) / (WIDTH - self._left - _RIGHT)
        # Without a height of its own it would be looked for above all ticks, which takes time.
        self.axes.set_title(text, x=left, y=1.0)

    def finish(self, label: str) -> Drawing:
        """Return the figure for the page and as a file; `label` says in words what it shows."""
        return finish(written(self._figure), name=self._name, label=label, height=self._height)

    def _add_legend(self, looks: Mapping[str, Style]) -> None:
        legend = self._figure.legend(
            handles=[Line2D([], [], **line_of(style)) for style in looks.values()],
            labels=[shortened(name) for name in looks],
            loc="lower center",
            ncols=_LEGEND_COLUMNS,
            borderaxespad=0.2,
            labelspacing=0.3,
        )
        legend.set_gid(LEGEND)


@contextmanager
def settings(name: str) -> Iterator[None]:
    """Draw with our look; ids inside the figure depend on its name alone."""
    with matplotlib.rc_context({**_LOOK, "svg.hashsalt": name}), warnings.catch_warnings():
        # A model's name may hold signs that the measuring font lacks; the browser's has them.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        warnings.filterwarnings("ignore", message="Matplotlib currently does not support")
        yield


def written(figure: Figure) -> str:
    """Return the figure as SVG, the same bytes each time."""
    text = io.StringIO()
    FigureCanvasSVG(figure).print_svg(text, metadata={"Date": None})
    return text.getvalue()


def line_of(style: Style) -> dict[str, Any]:
    """Return a model's look as matplotlib's properties of a line."""
    return {
        "color": PALETTE[style.colour][0],
        "marker": style.marker,
        "linestyle": (0.0, style.dashes) if style.dashes else "-",
        "linewidth": 1.6,
        "markersize": 4.5,
        "markeredgewidth": 0.0,
    }


def swatch(style: Style) -> str:
    """Return a model's line and marker as a small picture, for the page's legend."""
    with settings("swatch"):
        figure = Figure(figsize=(34.0 / 72.0, 14.0 / 72.0))
        figure.patch.set_alpha(0.0)
        for ends in ([0.06, 0.94], [0.5]):
            middle = [0.5] * len(ends)
            figure.add_artist(Line2D(ends, middle, **line_of(style)))
        text = written(figure)
    name = f"swatch-{style.colour}-{ord(style.marker)}"
    return finish(text, name=name, label="", height=14.0).inline
