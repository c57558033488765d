import pytest
from markupsafe import Markup

from capsprobe.report.page import (
    duration,
    grouped,
    listed,
    name,
    percent,
    plain,
    points,
    quantity,
    several,
    span,
)


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0.0"), (-0.0001, "0.0"), (0.0123, "+1.2"), (-0.0123, "\u22121.2")]
)
def test_difference_has_a_sign_unless_it_is_nothing(value: float, text: str) -> None:
    assert points(value) == text


def test_fractions_are_shown_in_percent_and_norms_are_not() -> None:
    assert quantity(0.5, "correct") == "50.0"
    assert quantity(0.5, "perturbation_norm") == "0.5"
    assert percent(0.99734, 2) == "99.73"


def test_what_has_no_end_is_shown_as_infinite() -> None:
    assert quantity(float("inf"), "correct") == quantity(float("inf"), "distance") == "∞"


def test_numbers_of_things_agree_with_their_nouns() -> None:
    assert several(1, "image", "images") == "1 image"
    assert several((2, 2), "image", "images") == "2 images"
    assert several((1, 2), "image", "images") == "1–2 images"
    assert span((10_000, 10_000)) == grouped(10_000) == "10\u202f000"


def test_duration_is_said_in_its_unit() -> None:
    assert [duration(each) for each in (1.23, 600.0, 86_400.0)] == ["1.2 s", "10 min", "24.0 h"]


def test_parts_of_an_enumeration_are_escaped() -> None:
    assert listed(["a", "<b>", Markup("<i>c</i>")]) == "a, &lt;b&gt; and <i>c</i>"
    assert listed([]) == ""


def test_long_name_is_whole_on_hover() -> None:
    assert name("cnn") == "<bdi>cnn</bdi>"
    long = "x" * 300
    assert f'title="{long}"' in name(long)
    assert "<script>" not in name("<script>")


def test_settings_are_shown_as_text() -> None:
    assert plain([0.1, 2, None, "a\nb"]) == "0.1, 2, null, a b"
