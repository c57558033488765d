"""Every kind of figure of an exhibit, drawn from recorded numbers."""

import re
from collections.abc import Iterator
from xml.etree import ElementTree

import pytest

from capsprobe.report.corruption import pages as corruption
from capsprobe.report.draw import draw_figure
from capsprobe.report.exhibits import (
    Course,
    Dots,
    Figure,
    Heatmaps,
    Ladder,
    Matrix,
    Planes,
    Stairs,
    Strips,
    Violins,
)
from capsprobe.report.panels import Panel
from capsprobe.report.routing.pages import exhibits
from capsprobe.report.spatial.pages import exhibits as spatial_exhibits
from capsprobe.report.styles import styles
from tests.report.corruption import recorded as corrupted
from tests.report.routing import recorded
from tests.report.spatial import recorded as shifted

KINDS = (Course, Dots, Heatmaps, Ladder, Matrix, Panel, Planes, Stairs, Strips, Violins)
LOOKS = styles({*recorded.MODELS, *corrupted.MODELS, *shifted.MODELS})


def figures() -> Iterator[Figure]:
    for probe in ("routing", "gate"):
        for each in exhibits(probe, recorded.evidence(probe)):
            yield from (*each.figures, *each.folded)
    for each in corruption.exhibits(corrupted.evidence()):
        yield from each.figures
    for each in spatial_exhibits(shifted.evidence()):
        yield from (*each.figures, *each.folded)


ONE_OF_EACH = list({type(each): each for each in figures()}.values())


def test_every_kind_is_here() -> None:
    assert {type(each) for each in ONE_OF_EACH} == set(KINDS)


@pytest.mark.parametrize("figure", ONE_OF_EACH, ids=lambda each: type(each).__name__)
def test_a_figure_is_said_in_words_and_drawn_alike_twice(figure: Figure) -> None:
    drawing = draw_figure(figure, LOOKS)
    assert drawing == draw_figure(figure, LOOKS)
    root = ElementTree.fromstring(drawing.inline)
    assert root.get("role") == "img"
    assert len(root.get("aria-label", "")) > 40


def test_ids_are_the_figures_own() -> None:
    drawings = [draw_figure(each, LOOKS).inline for each in ONE_OF_EACH]
    ids = re.findall(r'\bid="([^"]+)"', "".join(drawings))
    assert len(set(ids)) == len(ids) > 0


def test_what_is_to_be_read_keeps_its_digits() -> None:
    (panel,) = [
        each for each in figures() if isinstance(each, Panel) and each.metric == "logit_change"
    ]
    assert ">0.007, Sabour et al. 2017<" in draw_figure(panel, LOOKS).inline.replace("\n", "")


def test_a_label_says_the_numbers() -> None:
    (matrix,) = [
        each
        for each in figures()
        if isinstance(each, Matrix) and each.metric == "correct" and not each.condition
    ]
    label = ElementTree.fromstring(draw_figure(matrix, LOOKS).inline).get("aria-label", "")
    assert "lowest 0.80" in label
    assert "highest 1.00" in label


def test_classes_stand_below_their_matrix_and_the_label_says_whose() -> None:
    found = [each for each in figures() if isinstance(each, Matrix) and each.condition]
    drawing = draw_figure(found[0], LOOKS).inline
    assert ">class<" in drawing.replace("\n", "")
    label = ElementTree.fromstring(drawing).get("aria-label", "")
    assert label.startswith("Worst of 10 random: robust accuracy (%); lowest 0.50, cnn with")
