"""How a metric is spread over images: a model above the line, its shuffled null below it."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection

from capsprobe.report import wording
from capsprobe.report.canvas import Canvas, settings
from capsprobe.report.exhibits import Spread, Violins
from capsprobe.report.names import shortened
from capsprobe.report.styles import PALETTE, Style
from capsprobe.report.svg import FAINT, INK, Drawing

_LABELS, _ROW = 112.0, 40.0
_MARKERS = ("x", "d")
# Points of an outline: more cannot be seen at this size.
_STEPS = 36


def draw_violins(violins: Violins, looks: Mapping[str, Style]) -> Drawing:
    """Return the spreads of all models, one below the other, on one axis."""
    rows = len(violins.spreads)
    with settings(violins.name):
        canvas = Canvas(violins.name, left=_LABELS, height=66.0 + _ROW * rows, legend={})
        axes = canvas.axes
        axes.axvline(0.0, color=FAINT, linewidth=1.0)
        _halves(axes, violins, looks)
        for place, spread in enumerate(violins.spreads):
            _nulls(axes, place, spread)
        axes.set_yticks(range(rows), [shortened(each.model, 18) for each in violins.spreads])
        axes.set(ylim=(rows - 0.3, -0.55), ylabel="")
        axes.grid(visible=False, axis="y")
        axes.set_xlabel(wording.metric(violins.metric))
        canvas.title(wording.condition(violins.condition))
        return canvas.finish(_label(violins))


def _halves(axes: Axes, violins: Violins, looks: Mapping[str, Style]) -> None:
    """Draw seaborn's split violins, then give each model's half its colour."""
    # Slow to import, and most reports have no such figure.
    import seaborn

    seaborn.violinplot(
        data=pd.concat([_long(spread) for spread in violins.spreads], ignore_index=True),
        x="value",
        y="model",
        hue="half",
        split=True,
        inner="quart",
        cut=0,
        gridsize=_STEPS,
        density_norm="width",
        gap=0.06,
        width=0.72,
        palette={"seen": INK, "shuffled": FAINT},
        linewidth=0.7,
        saturation=1.0,
        legend=False,
        ax=axes,
    )
    bodies = [each for each in axes.collections if isinstance(each, PolyCollection)]
    for place, body in enumerate(bodies):
        spread = violins.spreads[place // 2]
        colour = PALETTE[looks[spread.model].colour][0] if place % 2 == 0 else FAINT
        body.set(facecolor=colour, edgecolor=INK, alpha=0.85)
    for line in axes.lines:
        line.set_color(INK)


def _nulls(axes: Axes, place: int, spread: Spread) -> None:
    """Draw the nulls that know nothing of votes: their median, and the middle 90 % of images."""
    for offset, marker, (_, cell) in zip((0.42, 0.52), _MARKERS, spread.nulls, strict=True):
        at = place + offset
        axes.plot([cell.lower, cell.upper], [at, at], color=INK, linewidth=0.7)
        axes.plot([cell.estimate], [at], marker=marker, color=INK, markersize=3.5, linestyle="none")


def _long(spread: Spread) -> pd.DataFrame:
    halves = {"seen": spread.values, "shuffled": spread.shuffled}
    tables = [
        pd.DataFrame({"value": values, "half": half, "model": spread.model})
        for half, values in halves.items()
    ]
    return pd.concat(tables, ignore_index=True)


def _label(violins: Violins) -> str:
    medians = "; ".join(
        f"{shortened(each.model)} {np.median(each.values):.2f}, "
        f"shuffled {np.median(each.shuffled):.2f}"
        for each in violins.spreads
    )
    named = wording.condition(violins.condition)
    return f"{wording.metric(violins.metric)} with {named}, medians over images: {medians}."
