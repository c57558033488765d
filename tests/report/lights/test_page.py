"""The page of a run with lights: the warning on top, and the marks."""

import re
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def text(lights_page: Path) -> str:
    return lights_page.read_text(encoding="utf-8")


def section(text: str, name: str) -> str:
    (found,) = re.findall(rf'<section id="{name}".*?</section>', text, flags=re.DOTALL)
    return found


def test_the_warning_stands_before_everything_else(text: str) -> None:
    alarm = section(text, "not-shown")
    assert text.index(alarm) < text.index(section(text, "glance"))
    assert "capsnet" in alarm and "cnn" not in alarm
    assert "there is a gradient" in alarm and "nothing stands where all is in reach" in alarm


def test_the_number_in_doubt_is_marked_in_the_table_of_curves(text: str) -> None:
    rows = re.findall(r"<tr>.*?</tr>", section(text, "probe-adversarial"), flags=re.DOTALL)
    worst = [row for row in rows if "worst case" in row and "ε\N{NO-BREAK SPACE}=" in row]
    assert {
        row.count("not shown")
        for row in worst
        if "L∞" in row and "=\N{NO-BREAK SPACE}0<" not in row
    } == {1}
    assert not any("not shown" in row for row in worst if "L2" in row)


def test_the_number_in_doubt_is_marked_at_a_glance(text: str) -> None:
    glance = section(text, "glance")
    assert glance.count("capsnet not shown") == 2
    assert "cnn not shown" not in glance


def test_every_light_says_its_state_in_words_and_shape(text: str) -> None:
    board = section(text, "probe-strength")
    assert re.search(r"✗</span> failed <small>1 of 2 seeds</small>", board)
    assert re.search(r"✓</span> passed", board) and re.search(r"–</span> not checked", board)
    assert "training seed 1: 100.0 % of the images have no gradient to follow" in re.sub(
        r"<[^>]*>", "", board
    )
    assert "tables/lights.csv" in board
