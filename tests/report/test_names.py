import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capsprobe.report.names import KNOWN_MODELS, in_order, shortened, slug, visible

HOSTILE = (
    "<script>alert(1)</script>",
    "x" * 300,
    "../../x",
    "=cmd()",
    "a\nb",
    "\u202egnp.exe",
    "\N{ROBOT FACE}",
    "$x$",
    "",
)


@given(st.text(max_size=400))
def test_shortened_name_is_short_and_on_one_line(text: str) -> None:
    line = shortened(text)
    assert 0 < len(line) <= 28
    assert len(line.splitlines()) == 1


def test_shortened_name_keeps_both_ends() -> None:
    assert shortened("a" * 20 + "m" * 50 + "z" * 20).startswith("aaaa")
    assert shortened("a" * 20 + "m" * 50 + "z" * 20).endswith("zzzz")


def test_characters_that_turn_the_direction_of_text_are_dropped() -> None:
    assert visible("a\u202eb\u200fc\x00d") == "abcd"


@pytest.mark.parametrize("name", HOSTILE)
def test_slug_is_a_plain_file_name(name: str) -> None:
    assert re.fullmatch(r"[a-z0-9][a-z0-9-]{0,60}", slug(name))


def test_slugs_of_different_names_differ() -> None:
    names = [*HOSTILE, *KNOWN_MODELS, "CapsNet", "caps net!", "caps-net?"]
    assert len({slug(name) for name in names}) == len(names)


def test_plain_names_stay_as_they_are() -> None:
    assert slug("affine-digits-rotation") == "affine-digits-rotation"
    assert slug("linf/pgd") == "linf-pgd"


def test_our_models_come_first_in_a_fixed_order() -> None:
    assert in_order({"zeta", "cnn", "alpha", "capsnet"}) == ["capsnet", "cnn", "alpha", "zeta"]
