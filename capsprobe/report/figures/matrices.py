"""Numbers in rows and columns as a heatmap, each number written in its cell."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes

from capsprobe.report import wording
from capsprobe.report.canvas import Canvas, settings
from capsprobe.report.exhibits import Matrix
from capsprobe.report.names import shortened
from capsprobe.report.styles import Style
from capsprobe.report.svg import Drawing

_LABELS, _ROW, _AROUND = 124.0, 19.0, 34.0
# Room for a letter of what stands below the columns, and for a line of it.
_LETTER, _LINE, _LONGEST = 5.3, 34.0, 22
_COLOURS = "crest"


def draw_matrix(matrix: Matrix, looks: Mapping[str, Style]) -> Drawing:
    """Return the heatmap; from 0 to 1, so that two of them can be compared."""
    del looks
    with settings(matrix.name):
        foot = _foot(matrix)
        height = _AROUND + foot + _ROW * len(matrix.rows)
        canvas = Canvas(matrix.name, left=_LABELS, height=height, legend={}, foot=foot)
        _cells(canvas.axes, matrix)
        canvas.title(_heading(matrix))
        return canvas.finish(_label(matrix))


def _cells(axes: Axes, matrix: Matrix) -> None:
    # Slow to import, and most reports have no such figure.
    import seaborn

    scale = 100.0 if wording.is_fraction(matrix.metric) else 1.0
    numbers = np.array(matrix.values, dtype=np.float64)
    seaborn.heatmap(
        numbers,
        vmin=0.0,
        vmax=1.0,
        cmap=_COLOURS,
        cbar=False,
        annot=numbers * scale,
        fmt=".0f" if scale > 1.0 else ".2f",
        annot_kws={"fontsize": 7.0},
        linewidths=0.6,
        linecolor="none",
        mask=np.isnan(numbers),
        xticklabels=[shortened(each, _LONGEST) for each in matrix.columns],
        yticklabels=[shortened(each, _LONGEST) for each in matrix.rows],
        ax=axes,
    )
    axes.grid(visible=False)
    turned = 0 if matrix.condition else 90
    axes.tick_params(axis="x", labelrotation=turned, labelsize=8.5)
    if matrix.condition:
        axes.set_xlabel("class")
    axes.tick_params(axis="y", labelrotation=0, labelsize=8.5)


def _foot(matrix: Matrix) -> float:
    return _LINE if matrix.condition else _LETTER * _LONGEST


def _heading(matrix: Matrix) -> str:
    if matrix.condition:
        measured = wording.measure_axis(matrix.metric, matrix.condition)
        return f"{wording.condition(matrix.condition)}: {measured}"
    name = wording.measure_axis(matrix.metric)
    whose = f"{shortened(matrix.model, 20)}: " if matrix.model else ""
    text = f"{whose}{name}, round {matrix.severity:g}"
    return f"{text[:1].upper()}{text[1:]}" if not matrix.model else text


def _label(matrix: Matrix) -> str:
    known = [
        (value, row, column)
        for row, values in zip(matrix.rows, matrix.values, strict=True)
        for column, value in zip(matrix.columns, values, strict=True)
        if value is not None
    ]
    ends = [
        f"{word} {value:.2f}, {shortened(row)} with {shortened(column)}"
        for word, (value, row, column) in (("lowest", min(known)), ("highest", max(known)))
    ]
    return f"{_heading(matrix)}; {'; '.join(ends)}."
