"""One model's curve, and others beside it that are nobody's: dashed, dotted, grey."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from capsprobe.report import lexicon, wording
from capsprobe.report.canvas import Canvas, line_of, settings
from capsprobe.report.exhibits import Course
from capsprobe.report.names import shortened
from capsprobe.report.panels import Series
from capsprobe.report.styles import PALETTE, Style
from capsprobe.report.svg import INK, Drawing

_HEIGHT, _LEFT = 200.0, 52.0
_DASHES = ((0.0, (5.0, 2.0)), (0.0, (1.0, 1.5)), (0.0, (6.0, 2.0, 1.0, 2.0)))


def draw_course(course: Course, looks: Mapping[str, Style]) -> Drawing:
    """Return a model's metric round by round, with its interval and what stands beside it."""
    look = looks[course.own.model]
    with settings(course.name):
        canvas = Canvas(course.name, left=_LEFT, height=_HEIGHT, legend={})
        _band(canvas.axes, course.own, PALETTE[look.colour][0])
        for dashes, (_, series) in zip(_DASHES, course.beside, strict=False):
            _band(canvas.axes, series, INK)
            _line(canvas.axes, series, color=INK, linestyle=dashes, linewidth=1.3)
        _line(canvas.axes, course.own, **line_of(look))
        canvas.axes.set_xlabel("round")
        canvas.axes.set_ylabel(wording.vertical(course.metric))
        canvas.title(shortened(course.own.model))
        return canvas.finish(_label(course))


def _line(axes: Axes, series: Series, **look: Any) -> None:
    axes.plot(np.array(series.severities), np.array(series.estimates), **look)


def _band(axes: Axes, series: Series, colour: str) -> None:
    axes.fill_between(
        np.array(series.severities),
        np.array(series.lower),
        np.array(series.upper),
        color=colour,
        alpha=0.14,
        linewidth=0.0,
    )


def _label(course: Course) -> str:
    lines = [
        ("its own routing", course.own),
        *((lexicon.reference(key), each) for key, each in course.beside),
    ]
    ends = "; ".join(
        f"{name} from {each.estimates[0]:.3g} to {each.estimates[-1]:.3g}" for name, each in lines
    )
    model = shortened(course.own.model)
    return f"{wording.metric(course.metric)} of {model} against the round: {ends}."
