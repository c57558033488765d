"""One image under every kind, a row a kind, severities from left to right."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import UInt8
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from capsprobe.report import wording
from capsprobe.report.canvas import WIDTH, Canvas, settings
from capsprobe.report.exhibits import Pixels, Strips
from capsprobe.report.styles import Style
from capsprobe.report.svg import FAINT, INK, Drawing

_LABELS, _RIGHT, _AROUND = 92.0, 12.0, 62.0
# Pixels of the image between two tiles; the frame around one lies there.
_GAP = 6


def draw_strips(figure: Strips, looks: Mapping[str, Style]) -> Drawing:
    """Return all pictures on one sheet; a frame marks the severity of MNIST-C."""
    del looks
    sheet = _sheet(figure)
    tall, wide = sheet.shape[:2]
    with settings(figure.name):
        height = _AROUND + (WIDTH - _LABELS - _RIGHT) * tall / wide
        canvas = Canvas(figure.name, left=_LABELS, height=height, legend={})
        axes = canvas.axes
        axes.imshow(sheet, interpolation="none", extent=(0, wide, tall, 0), aspect="auto")
        _frames(axes, figure, tall / len(figure.rows))
        axes.set_yticks(
            (np.arange(len(figure.rows)) + 0.5) * tall / len(figure.rows),
            [wording.condition(name) for name in figure.rows],
        )
        axes.set_xticks(
            (np.arange(len(figure.severities)) + 0.5) * wide / len(figure.severities),
            [f"{severity:g}" if severity else "clean" for severity in figure.severities],
        )
        # White and black tiles end somewhere on any page.
        axes.set_facecolor(FAINT)
        axes.grid(visible=False)
        axes.spines[:].set_visible(False)
        axes.set_xlabel("severity")
        canvas.title(f"A {figure.label} under every kind")
        return canvas.finish(_label(figure))


def _sheet(figure: Strips) -> UInt8[np.ndarray, "tall wide 4"]:
    """Return all tiles with gaps between them; gaps, and tiles that are missing, are clear."""
    shown = next(each for row in figure.pictures for each in row if each is not None)
    side = len(shown) + _GAP
    shape = side * len(figure.rows), side * len(figure.severities), 4
    sheet = np.zeros(shape, dtype=np.uint8)
    for row, pictures in enumerate(figure.pictures):
        for column, picture in enumerate(pictures):
            if picture is not None:
                _put(sheet, picture, side * row + _GAP // 2, side * column + _GAP // 2)
    return sheet


def _put(sheet: UInt8[np.ndarray, "tall wide 4"], picture: Pixels, row: int, column: int) -> None:
    pixels = np.array(picture, dtype=np.uint8)
    tall, wide = pixels.shape
    sheet[row : row + tall, column : column + wide, :3] = pixels[..., None]
    sheet[row : row + tall, column : column + wide, 3] = 255


def _frames(axes: Axes, figure: Strips, side: float) -> None:
    for row, severity in enumerate(figure.published):
        if severity is not None:
            column = figure.severities.index(severity)
            corner = side * column + 1.0, side * row + 1.0
            axes.add_patch(
                Rectangle(corner, side - 2.0, side - 2.0, fill=False, color=INK, linewidth=1.6)
            )


def _label(figure: Strips) -> str:
    rows = ", ".join(wording.condition(name).lower() for name in figure.rows)
    return (
        f"Image {figure.unit_id}, a {figure.label}, clean and at severities up to "
        f"{max(figure.severities):g} under: {rows}. A frame marks the severity of MNIST-C."
    )
