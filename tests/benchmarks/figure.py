"""The figure of scaling: a small multiple for each axis, beside what linear growth would be."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib
import pandas as pd
import seaborn
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

_TITLES = {
    "batch": ("Batch size", "images"),
    "children": ("Children", "child capsules"),
    "iterations": ("Iterations", "routing iterations"),
    "canvas": ("Canvas", "canvas (pixels a side)"),
}
# Where values double from one to the next, equal steps show equal growth.
_DOUBLING = ("batch", "children")
_COLUMNS, _WIDTH, _HEIGHT = 2, 4.6, 3.5
_INK, _FAINT = "#30363d", "#8b949e"
_LINEAR = {"color": _FAINT, "linestyle": (0.0, (4.0, 3.0)), "linewidth": 1.1, "zorder": 1.0}
_MOST_TICKS = 8
_LOOK = {
    "svg.fonttype": "none",
    "svg.hashsalt": "scaling",
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "text.color": _INK,
    "axes.labelcolor": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
}


def draw(points: pd.DataFrame, subtitle: str, files: Sequence[Path]) -> None:
    """Write the figure to files; their endings say in which form."""
    names = [name for name in _TITLES if name in set(points["axis"])]
    colours = _colours(points)
    with seaborn.axes_style("whitegrid"), matplotlib.rc_context(_LOOK):
        figure, places = _panels(len(names))
        for axes, name in zip(places, names, strict=True):
            _panel(axes, points[points["axis"] == name], name, colours)
        figure.suptitle(f"Time of one call\n{subtitle}", x=0.01, ha="left", fontsize=11)
        figure.legend(handles=_legend(colours), loc="outside lower left", ncols=2, frameon=False)
        for file in files:
            figure.savefig(file, dpi=160, metadata={"Date": None} if file.suffix == ".svg" else {})


def _panels(count: int) -> tuple[Figure, list[Axes]]:
    """Return the figure and so many axes, row by row."""
    columns = min(count, _COLUMNS)
    rows = -(-count // columns)
    figure = Figure(figsize=(_WIDTH * columns, _HEIGHT * rows + 1.1), layout="constrained")
    places = figure.subplots(rows, columns, squeeze=False).flatten().tolist()
    for spare in places[count:]:
        spare.set_axis_off()
    return figure, places[:count]


def _panel(axes: Axes, points: pd.DataFrame, name: str, colours: dict[str, str]) -> None:
    title, label = _TITLES[name]
    doubling = name in _DOUBLING
    if doubling:
        axes.set(xscale="log", yscale="log")
    for series, of_series in points.groupby("series"):
        medians = of_series.groupby("at")["ms"].median()
        farthest = medians.index.max()
        start = medians.index.min() if doubling else 0
        ends = [start, farthest]
        axes.plot(ends, [medians[farthest] * end / farthest for end in ends], **_LINEAR)
        seaborn.lineplot(
            data=of_series,
            x="at",
            y="ms",
            color=colours[str(series)],
            estimator="median",
            errorbar=("pi", 50),
            err_style="bars",
            marker="o",
            markersize=5.0,
            markeredgewidth=0.0,
            legend=False,
            ax=axes,
        )
    axes.set_title(title)
    axes.set(xlabel=label, ylabel="time (ms)")
    _ticks(axes, sorted(points["at"].unique().tolist()), name)
    if not doubling:
        axes.set_xlim(left=0.0)
        axes.set_ylim(bottom=0.0)


def _ticks(axes: Axes, values: list[int], name: str) -> None:
    """Put a tick at what was measured, or at every second value where they would touch."""
    every = -(-len(values) // _MOST_TICKS) if name in _DOUBLING else 1
    chosen = values[::-1][::every][::-1]
    axes.xaxis.set_major_locator(FixedLocator(chosen))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(_side if name == "canvas" else _plain))
    axes.yaxis.set_major_formatter(FuncFormatter(_plain))


def _plain(value: float, place: int | None = None) -> str:
    return f"{value:g}"


def _side(value: float, place: int | None = None) -> str:
    """Return the side of a square of so many pixels."""
    return f"{value**0.5:.0f}²"


def _colours(points: pd.DataFrame) -> dict[str, str]:
    """Return a colour for each series, the same in every panel."""
    names = list(dict.fromkeys(points["series"]))
    palette = seaborn.color_palette("colorblind", len(names)).as_hex()
    return dict(zip(names, palette, strict=True))


def _legend(colours: dict[str, str]) -> list[Line2D]:
    lines = [
        Line2D([], [], color=colour, marker="o", markersize=5.0, label=name)
        for name, colour in colours.items()
    ]
    return [*lines, Line2D([], [], **_LINEAR, label="proportional to the last point")]
