"""The hypotheses of a claim as a figure: a line each, in its own unit, beside its margin."""

from collections.abc import Sequence
from math import isfinite

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from capsprobe.claims.judge import Finding
from capsprobe.report.canvas import WIDTH, settings, written
from capsprobe.report.svg import FAINT, INK, Drawing, finish
from capsprobe.report.verdicts.numbers import bare

_ROW, _LEFT, _RIGHT, _SKY = 34.0, 34.0, 12.0, 4.0
_ACCENT = "#0072b2"
_ROOM = 0.12


def draw_strips(name: str, rows: Sequence[tuple[str, Finding]], label: str) -> Drawing:
    """Return a line for each numbered finding that has an estimate."""
    height = _SKY + _ROW * len(rows)
    with settings(name):
        figure = Figure(figsize=(WIDTH / 72.0, height / 72.0))
        figure.patch.set_alpha(0.0)
        for place, (number, found) in enumerate(rows):
            bottom = height - _SKY - _ROW * (place + 1)
            axes = figure.add_axes(
                (
                    _LEFT / WIDTH,
                    (bottom + 15.0) / height,
                    (WIDTH - _LEFT - _RIGHT) / WIDTH,
                    (_ROW - 17.0) / height,
                )
            )
            _strip(axes, number, found)
        return finish(written(figure), name=name, label=label, height=height)


def drawable(found: Finding) -> bool:
    """Return whether there is anything to draw of a finding."""
    return not found.lacking and isfinite(found.estimate)


def _strip(axes: Axes, number: str, found: Finding) -> None:
    low, high = _ends(found)
    margin = found.hypothesis.margin
    within = found.hypothesis.kind == "within"
    axes.axvspan(-margin if within else margin, margin if within else high, color=FAINT, alpha=0.55)
    axes.axvline(0.0, color=INK, linewidth=0.7, linestyle=(0.0, (3.0, 2.0)))
    ends = [max(low, found.lower), min(high, found.upper)]
    axes.plot(ends, [0.0, 0.0], color=_ACCENT, linewidth=1.8)
    axes.plot([found.estimate], [0.0], marker="o", color=_ACCENT, markersize=5.0)
    axes.set(xlim=(low, high), ylim=(-1.0, 1.0))
    axes.set_yticks([0.0], [number])
    marks = {margin, *([-margin] if within else ())}
    # Zero where its number does not run into the margin's.
    if all(abs(mark) > 0.2 * (high - low) for mark in marks):
        marks.add(0.0)
    ticks = sorted(marks)
    axes.set_xticks(ticks, [bare(tick, found.hypothesis.scale) for tick in ticks], fontsize=8.0)
    axes.grid(visible=False)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="x", pad=1.5)


def _ends(found: Finding) -> tuple[float, float]:
    """Return what is shown: interval, zero and margin, with room; endless ends reach the edge."""
    margin = found.hypothesis.margin
    held = [0.0, margin, found.estimate]
    held += [-margin] if found.hypothesis.kind == "within" else []
    held += [end for end in (found.lower, found.upper) if isfinite(end)]
    low, high = min(held), max(held)
    room = _ROOM * (high - low) or 1.0
    return low - room, high + room
