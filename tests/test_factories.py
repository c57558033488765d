import sys
from pathlib import Path

import pytest

from capsprobe.factories import called, load_factory, named, source_hash, trimmed
from capsprobe.faults import DataFault, ModelFault

CODE = """
import beside
VALUE = 3
def make(): return beside.NUMBER
def broken():
    raise ValueError("no such thing\\nand more")
def leaves(): raise SystemExit(7)
def stops(): raise KeyboardInterrupt
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "beside.py").write_text("NUMBER = 41\n")
    (tmp_path / "own.py").write_text(CODE)
    yield tmp_path / "own.py"
    sys.modules.pop("beside", None)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("package.module:make", ("package.module", "make")),
        ("C:\\own.py:make", ("C:\\own.py", "make")),
        ("own.py:", None),
        (":make", None),
        ("capsnet", None),
        ("own.py:not a name", None),
    ],
)
def test_a_name_has_a_place_and_a_function(text, parts) -> None:
    found = named(text)
    assert (found and (found.place, found.function)) == parts


def test_a_function_in_a_file_finds_what_lies_beside_it_and_leaves_the_path_as_it_was(file) -> None:
    before = list(sys.path)
    assert called(f"{file}:make", ModelFault) == 41
    assert sys.path == before


def test_a_function_in_a_module_is_found() -> None:
    assert load_factory("math:sqrt", ModelFault)(4.0) == 2.0


@pytest.mark.parametrize(
    ("function", "line"),
    [
        ("mak", "unknown function 'mak'. Did you mean 'make'?"),
        ("VALUE", "expected a function, got int"),
        ("broken", "ValueError: no such thing (own.py:6)"),
        ("leaves", "expected a value, got sys.exit(7)"),
    ],
)
def test_what_goes_wrong_in_a_file_is_one_line(file, function, line) -> None:
    with pytest.raises(ModelFault) as fault:
        called(f"{file}:{function}", ModelFault)
    assert line in str(fault.value)
    assert "\n" not in str(fault.value)


def test_an_interrupt_stays_an_interrupt(file) -> None:
    with pytest.raises(KeyboardInterrupt):
        called(f"{file}:stops", ModelFault)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("no_such_package:make", "ModuleNotFoundError: No module named 'no_such_package'"),
        ("nowhere/own.py:make", "there is none"),
        ("own", "expected package.module:function or file.py:function, got 'own'"),
    ],
)
def test_what_is_not_there_is_one_line_of_the_kind_asked_for(text, line) -> None:
    with pytest.raises(DataFault, match=".") as fault:
        load_factory(text, DataFault)
    assert line in str(fault.value)


def test_a_file_that_cannot_be_read_as_python_says_where(tmp_path) -> None:
    path = tmp_path / "own.py"
    path.write_text("def make(:\n")
    with pytest.raises(ModelFault, match=r"SyntaxError.*own\.py:1"):
        load_factory(f"{path}:make", ModelFault)


def test_the_hash_is_that_of_the_file(file) -> None:
    first = source_hash(f"{file}:make", ModelFault)
    file.write_text(CODE + "\n# changed\n")
    assert len(first) == 64
    assert source_hash(f"{file}:make", ModelFault) != first
    assert source_hash("math:sqrt", ModelFault) == ""


def test_an_error_without_a_place_of_the_users_is_its_first_line() -> None:
    assert trimmed(ValueError("one\ntwo")) == "ValueError: one"
    assert trimmed(ValueError()) == "ValueError"
