import re

import numpy as np
import pytest

from capsprobe.report.exhibits import Matrix
from capsprobe.report.figures.matrices import draw_matrix

VALUES = (*np.linspace(0.0, 1.0, 21).tolist(), None)
MATRIX = Matrix(
    name="matrix",
    metric="cohen_kappa",
    model="capsnet",
    severity=3.0,
    rows=("a",),
    columns=tuple(f"c{place}" for place in range(len(VALUES))),
    values=(VALUES,),
    n_seeds=(1, 1),
    n_units=(40, 40),
)


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, 1 to 21, after the WCAG."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)]) / 255.0
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


@pytest.fixture(scope="module")
def svg() -> str:
    return draw_matrix(MATRIX, {}).file


def test_each_number_stands_in_its_cell_and_a_gap_stays_empty(svg: str) -> None:
    assert re.findall(r">(\d\.\d\d)</text>", svg) == [f"{v:.2f}" for v in VALUES if v is not None]
    assert len(cells(svg)) == len(VALUES) - 1


def test_every_number_can_be_read_on_its_colour(svg: str) -> None:
    # Black is what text is where nothing is said.
    texts = re.findall(r"<text[^>]*>\d\.\d\d</text>", svg)
    written = [(re.findall(r"fill: (#\w{6})", text) or ["#000000"])[0] for text in texts]
    assert len(written) == len(cells(svg))
    assert min(map(contrast, cells(svg), written)) >= 4.5


def test_cells_grow_darker_from_0_to_1(svg: str) -> None:
    shades = [luminance(colour) for colour in cells(svg)]
    assert shades == sorted(shades, reverse=True)


def cells(svg: str) -> list[str]:
    path = r"<path [^>]*fill: #\w{6}[^>]*/>"
    (mesh,) = re.findall(rf"{path}(?:\s*{path})+", svg)
    return re.findall(r"fill: (#\w{6})", mesh)
