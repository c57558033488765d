"""What lies beside a file of the user's own: found by reading, and told apart."""

import sys
from pathlib import Path

import pytest

from capsprobe.factories import called, source_hash
from capsprobe.faults import ModelFault
from capsprobe.neighbours import neighbours


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    written = {
        "net.py": "import layers, torch, math\nfrom parts import heads\nfrom parts.more import x\n",
        "layers.py": "from deeper import depth\nWHO = 'first'\n",
        "deeper.py": "def depth(): return 1\n",
        "unasked.py": "",
        "parts/__init__.py": "",
        "parts/heads.py": "from . import tails\nfrom ..outside import y\n",
        "parts/tails.py": "",
        "parts/more.py": "not python at all (",
    }
    for name, text in written.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def test_those_that_are_imported_are_found_with_what_these_import(folder) -> None:
    found = neighbours(folder / "net.py")
    assert set(found) == {"layers", "deeper", "parts", "parts.heads", "parts.tails", "parts.more"}
    assert found["parts.heads"] == (folder / "parts" / "heads.py").resolve()


@pytest.mark.parametrize("name", ["net.py", "layers.py", "deeper.py", "parts/tails.py"])
def test_the_hash_changes_where_one_of_them_does(name, folder) -> None:
    before = source_hash(f"{folder}/net.py:net", ModelFault)
    (folder / "unasked.py").write_text("changed = 1\n", encoding="utf-8")
    assert source_hash(f"{folder}/net.py:net", ModelFault) == before
    with (folder / name).open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    assert source_hash(f"{folder}/net.py:net", ModelFault) != before


def made(folder: Path, who: str) -> str:
    """Return the name of a function that tells what stands in the module beside its file."""
    folder.mkdir(exist_ok=True)
    (folder / "beside_both.py").write_text(f"WHO = {who!r}\n", encoding="utf-8")
    (folder / "late.py").write_text(f"WHO = {who!r} + ' late'\n", encoding="utf-8")
    (folder / "net.py").write_text(
        "from beside_both import WHO\n"
        "def net(): return WHO\n"
        "def late():\n"
        "    import late\n"
        "    return late.WHO\n",
        encoding="utf-8",
    )
    return f"{folder}/net.py"


@pytest.fixture(autouse=True)
def forgotten():
    yield
    for name in ("beside_both", "late"):
        sys.modules.pop(name, None)


def test_two_files_have_each_its_own_module_of_one_name(tmp_path) -> None:
    one, two = made(tmp_path / "one", "one"), made(tmp_path / "two", "two")
    assert called(f"{one}:net", ModelFault) == "one"
    assert called(f"{two}:net", ModelFault) == "two"
    # An import in the function itself finds it too, whoever was asked before.
    assert called(f"{one}:late", ModelFault) == "one late"
    assert called(f"{two}:late", ModelFault) == "two late"
    assert called(f"{one}:late", ModelFault) == "one late"


@pytest.mark.parametrize("name", ["net.py", "beside_both.py"])
def test_what_was_edited_is_imported_anew(name, tmp_path) -> None:
    text = made(tmp_path, "before")
    assert called(f"{text}:net", ModelFault) == "before"
    path = tmp_path / name
    edited = {"net.py": "def net(): return 'edited'\n", "beside_both.py": "WHO = 'edited'\n"}
    path.write_text(edited[name], encoding="utf-8")
    assert called(f"{text}:net", ModelFault) == "edited"
