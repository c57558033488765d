"""Numbers in rows and columns as a heatmap, each number written in its cell."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap

from capsprobe.report import wording
from capsprobe.report.canvas import Canvas, settings
from capsprobe.report.exhibits import Matrix
from capsprobe.report.names import shortened
from capsprobe.report.styles import Style
from capsprobe.report.svg import Drawing

_LABELS, _ROW, _AROUND = 124.0, 19.0, 34.0
# Room for a letter of what stands below the columns, and for a line of it.
_LETTER, _LINE, _LONGEST = 5.3, 34.0, 22
# From 0 to 1, light to dark.
_COLOURS = LinearSegmentedColormap.from_list("matrix", ["#b7dba8", "#3f9c95", "#2a6a94", "#28336f"])
_ON_DARK, _ON_LIGHT = "#ffffff", "#000000"
# On a colour with more luminance than this, black has the higher contrast, 4.5 or more.
_DARK = 0.179


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
    numbers = np.ma.masked_invalid(np.array(matrix.values, dtype=np.float64))
    axes.grid(visible=False)
    axes.pcolormesh(numbers, vmin=0.0, vmax=1.0, cmap=_COLOURS, linewidth=0.6, edgecolor="none")
    axes.set(xlim=(0, numbers.shape[1]), ylim=(numbers.shape[0], 0))
    _numbers(axes, numbers, is_fraction=wording.is_fraction(matrix.metric))
    columns, rows = (
        [shortened(each, _LONGEST) for each in names] for names in (matrix.columns, matrix.rows)
    )
    turned = 0 if matrix.condition else 90
    axes.set_xticks(np.arange(len(columns)) + 0.5, columns, rotation=turned, fontsize=8.5)
    axes.set_yticks(np.arange(len(rows)) + 0.5, rows, va="center", fontsize=8.5)
    if matrix.condition:
        axes.set_xlabel("class")


def _numbers(axes: Axes, numbers: np.ma.MaskedArray, *, is_fraction: bool) -> None:
    """Write each number in its cell, in white or black, whichever is read more easily there."""
    for row, column in np.argwhere(~np.ma.getmaskarray(numbers)):
        value = float(numbers[row, column])
        axes.text(
            column + 0.5,
            row + 0.5,
            f"{100.0 * value:.0f}" if is_fraction else f"{value:.2f}",
            color=_ON_DARK if _luminance(_COLOURS(value)) < _DARK else _ON_LIGHT,
            fontsize=7.0,
            ha="center",
            va="center",
        )


def _luminance(colour: Sequence[float]) -> float:
    """Return the relative luminance of a colour, as the WCAG define it."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour[:3]
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _foot(matrix: Matrix) -> float:
    return _LINE if matrix.condition else _LETTER * _LONGEST


def _heading(matrix: Matrix) -> str:
    if matrix.heading:
        return matrix.heading
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
