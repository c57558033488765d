import re
from xml.etree import ElementTree

import pytest

from capsprobe.report.draw import draw, draw_panel
from capsprobe.report.panels import Panel, Series
from capsprobe.report.styles import PALETTE, styles
from capsprobe.report.summary import Summary
from capsprobe.report.svg import Drawing
from tests.report.test_names import HOSTILE


@pytest.fixture(scope="module")
def drawings(summary: Summary) -> dict[str, Drawing]:
    return draw(summary)


def panel(*models: str, severities: tuple[float, ...] = (0.0, 15.0, 30.0)) -> Panel:
    return Panel(
        name="affine-digits-rotation",
        probe="affine",
        dataset="digits",
        condition="rotation",
        metric="correct",
        unit="deg",
        chance=0.1,
        series=tuple(
            Series(
                model=name,
                severities=severities,
                estimates=(0.9,) * len(severities),
                lower=(0.8,) * len(severities),
                upper=(0.95,) * len(severities),
            )
            for name in models
        ),
        n_seeds=(1, 1),
        n_units=(40, 40),
    )


def test_drawing_again_gives_the_same_bytes(summary: Summary, drawings: dict[str, Drawing]) -> None:
    assert draw(summary) == drawings


def test_no_id_is_used_twice_in_a_page(drawings: dict[str, Drawing]) -> None:
    ids = re.findall(r'\bid="([^"]+)"', "".join(each.inline for each in drawings.values()))
    assert ids
    assert len(set(ids)) == len(ids)


def test_every_reference_is_to_an_id_of_the_same_figure(drawings: dict[str, Drawing]) -> None:
    for each in drawings.values():
        for text in (each.inline, each.file):
            ids = set(re.findall(r'\bid="([^"]+)"', text))
            used = set(re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', text))
            assert {a or b for a, b in used} <= ids


def test_page_sets_the_colours_and_a_file_has_its_own(drawings: dict[str, Drawing]) -> None:
    drawing = drawings["affine-digits-rotation"]
    assert PALETTE[0][0] in drawing.file
    assert PALETTE[0][0] not in drawing.inline
    assert "var(--m0)" in drawing.inline


def test_legend_is_in_the_file_alone(drawings: dict[str, Drawing]) -> None:
    drawing = drawings["affine-digits-rotation"]
    assert "capsnet-uniform</text>" in drawing.file
    assert "capsnet-uniform</text>" not in drawing.inline


def test_every_figure_says_in_words_what_it_shows(drawings: dict[str, Drawing]) -> None:
    for drawing in drawings.values():
        root = ElementTree.fromstring(drawing.inline)
        assert root.get("role") == "img"
        assert len(root.get("aria-label", "")) > 40


def test_every_axis_names_its_unit(drawings: dict[str, Drawing]) -> None:
    text = drawings["affine-digits-rotation"].file
    assert "rotation (degrees" in text
    assert "accuracy (%)" in text


@pytest.mark.parametrize("name", HOSTILE)
def test_any_name_can_be_drawn(name: str) -> None:
    models = (name, "cnn")
    drawing = draw_panel(panel(*models), styles(models))
    ElementTree.fromstring(drawing.file)
    assert "<script" not in drawing.file


@pytest.mark.parametrize("severities", [(0.0,), (0.0, 1.0)])
def test_few_severities_are_drawn_as_points(severities: tuple[float, ...]) -> None:
    drawing = draw_panel(panel("cnn", severities=severities), styles(["cnn"]))
    assert "<svg" in drawing.inline
