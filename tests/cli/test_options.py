"""Lists in options, and the command as it was typed."""

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capsprobe.cli.options import floats, integers, names, typed
from capsprobe.faults import UsageFault


def test_names_are_split_at_commas_and_gathered_from_repeats() -> None:
    assert names("--model", ["a,b", " c ", ","]) == ("a", "b", "c")
    assert names("--model", None) == ()


def test_numbers_are_read_with_a_point_whatever_the_locale() -> None:
    assert integers("--seed", ["0,1", "2"]) == (0, 1, 2)
    assert floats("--eps", [".1,0.25"]) == (0.1, 0.25)


@pytest.mark.parametrize("text", ["x", "1.5", "1;2"])
def test_what_is_no_whole_number_is_refused(text: str) -> None:
    with pytest.raises(UsageFault, match="--seed"):
        integers("--seed", [text])


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)))
def test_typed_command_can_be_given_back_to_a_shell(arguments: list[str]) -> None:
    assert shlex.split(typed(arguments))[3:] == arguments
