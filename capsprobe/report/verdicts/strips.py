"""The hypotheses of a claim as a figure: a line each beside its margin, one axis a unit."""

from collections.abc import Sequence
from itertools import groupby
from math import exp, isfinite, log

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from capsprobe.claims.base import Scale
from capsprobe.claims.findings import Finding
from capsprobe.report.canvas import WIDTH, settings, written
from capsprobe.report.styles import PALETTE
from capsprobe.report.svg import FAINT, INK, Drawing, finish
from capsprobe.report.verdicts.numbers import bare

_ROW, _FOOT, _SKY = 15.0, 20.0, 4.0
_LEFT, _RIGHT = 34.0, 12.0
_ACCENT = PALETTE[0][0]
_ROOM = 0.06
# Twice the middle of all ends: beyond it one wide interval would press the others flat.
_REACH = 3.0
Rows = Sequence[tuple[str, Finding]]


def draw_strips(name: str, rows: Rows, label: str) -> Drawing:
    """Return a line for each numbered finding; those of one unit share an axis."""
    groups = [list(held) for _, held in groupby(rows, key=lambda row: row[1].hypothesis.scale)]
    height = _SKY + sum(_ROW * len(held) + _FOOT for held in groups)
    with settings(name):
        figure = Figure(figsize=(WIDTH / 72.0, height / 72.0))
        figure.patch.set_alpha(0.0)
        top = height - _SKY
        for held in groups:
            tall = _ROW * len(held)
            wide = WIDTH - _LEFT - _RIGHT
            axes = figure.add_axes(
                (_LEFT / WIDTH, (top - tall) / height, wide / WIDTH, tall / height)
            )
            _group(axes, held)
            top -= tall + _FOOT
        return finish(written(figure), name=name, label=label, height=height)


def drawable(found: Finding) -> bool:
    """Return whether there is anything to draw of a finding."""
    return not found.lacking and isfinite(found.estimate)


def _group(axes: Axes, rows: Rows) -> None:
    low, high = _ends([found for _, found in rows])
    axes.axvline(0.0, color=INK, linewidth=0.7, linestyle=(0.0, (3.0, 2.0)), zorder=1.5)
    for place, (_, found) in enumerate(rows):
        _strip(axes, -float(place), found, (low, high))
    axes.set(xlim=(low, high), ylim=(0.5 - len(rows), 0.5))
    axes.set_yticks([-float(place) for place in range(len(rows))], [number for number, _ in rows])
    _mark(axes, rows[0][1].hypothesis.scale, (low, high))
    axes.grid(visible=False)
    axes.spines["left"].set_visible(False)


def _strip(axes: Axes, at: float, found: Finding, ends: tuple[float, float]) -> None:
    low, high = ends
    margin = found.hypothesis.margin
    shaded = (-margin, margin) if found.hypothesis.kind == "within" else (margin, high)
    axes.fill_between(shaded, at - 0.38, at + 0.38, color=FAINT, linewidth=0.0, alpha=0.6)
    axes.plot(
        [max(low, found.lower), min(high, found.upper)],
        [at, at],
        color=_ACCENT,
        linewidth=1.8,
        solid_capstyle="butt",
    )
    axes.plot(
        [min(max(low, found.estimate), high)], [at], marker="o", color=_ACCENT, markersize=4.5
    )


def _mark(axes: Axes, scale: Scale, ends: tuple[float, float]) -> None:
    """Put round numbers below; of ratios, whose axis is logarithmic, round ratios."""
    if scale == "ratio":
        told = MaxNLocator(4).tick_values(exp(ends[0]), exp(ends[1]))
        found = [log(each) for each in told if each > 0.0]
    else:
        found = list(MaxNLocator(4).tick_values(*ends))
    ticks = [tick for tick in found if ends[0] <= tick <= ends[1]]
    axes.set_xticks(ticks, [bare(tick, scale) for tick in ticks], fontsize=8.0)
    axes.tick_params(axis="x", pad=1.5)


def _ends(rows: Sequence[Finding]) -> tuple[float, float]:
    """Return what is shown: zero, margins and intervals; the widest of them are cut."""
    margins = [found.hypothesis.margin for found in rows]
    told = [end for found in rows for end in (found.lower, found.upper) if isfinite(end)]
    told += [found.estimate for found in rows]
    sizes = sorted(abs(each) for each in told)
    reach = max(_REACH * sizes[len(sizes) // 2], *(abs(margin) for margin in margins))
    held = [0.0, *margins, *(min(max(each, -reach), reach) for each in told)]
    held += [-f.hypothesis.margin for f in rows if f.hypothesis.kind == "within"]
    low, high = min(held), max(held)
    room = _ROOM * (high - low) or 1.0
    return low - room, high + room
