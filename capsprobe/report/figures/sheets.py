"""Pictures in rows and columns, and what is said of each below it."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import UInt8

from capsprobe.report.canvas import WIDTH, Canvas, settings
from capsprobe.report.exhibits import Sheet
from capsprobe.report.names import shortened
from capsprobe.report.styles import Style
from capsprobe.report.svg import FAINT, Drawing

_LABELS, _RIGHT, _AROUND, _LINE = 92.0, 12.0, 62.0, 13.0
# Pixels of the image between two tiles.
_GAP = 2


def draw_sheet(figure: Sheet, looks: Mapping[str, Style]) -> Drawing:
    """Return all pictures as one bitmap, and the lines of text under its columns."""
    del looks
    sheet = _sheet(figure)
    tall, wide = sheet.shape[:2]
    below = _LINE * len(figure.lines)
    with settings(figure.name):
        picture = (WIDTH - _LABELS - _RIGHT) * tall / wide
        canvas = Canvas(
            figure.name,
            left=_LABELS,
            height=_AROUND + picture + below,
            legend={},
            foot=36.0 + below,
        )
        axes = canvas.axes
        axes.imshow(sheet, interpolation="none", extent=(0, wide, tall, 0), aspect="auto")
        middles = (np.arange(len(figure.rows)) + 0.5) * tall / len(figure.rows)
        axes.set_yticks(middles, [shortened(name, 18) for name, _ in figure.rows])
        columns = (np.arange(len(figure.columns)) + 0.5) * wide / len(figure.columns)
        axes.set_xticks(columns, figure.columns, fontsize=6.5)
        axes.set_facecolor(FAINT)
        axes.grid(visible=False)
        axes.spines[:].set_visible(False)
        _write(canvas, figure, columns, tall, picture)
        if figure.across:
            axes.set_xlabel(figure.across)
        canvas.title(figure.heading)
        return canvas.finish(_label(figure))


def _write(canvas: Canvas, figure: Sheet, columns: np.ndarray, tall: int, picture: float) -> None:
    """Write each line below the names of the columns, its label where the rows have theirs."""
    step = _LINE * tall / picture
    for place, (label, texts) in enumerate(figure.lines):
        at = tall + step * (place + 1.9)
        look: dict[str, Any] = {"fontsize": 6.5, "va": "center", "clip_on": False}
        canvas.axes.text(-4.0, at, shortened(label, 18), ha="right", **look)
        for column, text in zip(columns, texts, strict=True):
            canvas.axes.text(column, at, text, ha="center", **look)


def _sheet(figure: Sheet) -> UInt8[np.ndarray, "tall wide 4"]:
    """Return all tiles with gaps between them; gaps, and tiles that are missing, are clear."""
    shown = next(each for _, row in figure.rows for each in row if each is not None)
    side = len(shown) + _GAP
    sheet = np.zeros((side * len(figure.rows), side * len(figure.columns), 4), dtype=np.uint8)
    for row, (_, pictures) in enumerate(figure.rows):
        for column, picture in enumerate(pictures):
            if picture is not None:
                pixels = np.array(picture, dtype=np.uint8)
                top, left = side * row + _GAP // 2, side * column + _GAP // 2
                place = sheet[top : top + pixels.shape[0], left : left + pixels.shape[1]]
                place[..., :3], place[..., 3] = pixels[..., None], 255
    return sheet


def _label(figure: Sheet) -> str:
    said = "; ".join(
        f"{shortened(label)}: "
        + ", ".join(f"{column} {text}" for column, text in zip(figure.columns, texts, strict=True))
        for label, texts in figure.lines
    )
    rows = ", ".join(name for name, _ in figure.rows)
    shown = f"Image {figure.unit_id}, a {figure.label}: {', '.join(figure.columns)}"
    return f"{figure.heading}. {shown}; rows {rows}. {said}".rstrip()
