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


def test_a_module_that_was_edited_since_its_import_is_refused(tmp_path, monkeypatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    for name, text in {"own_mod.py": "from own_part import net\n", "own_part.py": ""}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "own_part.py").write_text("def net(): return 1\n", encoding="utf-8")
    try:
        before = source_hash("own_mod:net", ModelFault)
        assert source_hash("own_mod:net", ModelFault) == before
        (tmp_path / "own_part.py").write_text("def net(): return 22\n", encoding="utf-8")
        with pytest.raises(ModelFault, match="edited since; start Python anew"):
            source_hash("own_mod:net", ModelFault)
    finally:
        sys.modules.pop("own_mod", None)
        sys.modules.pop("own_part", None)


def test_a_function_whose_module_is_not_that_of_its_file_has_a_hash(tmp_path, monkeypatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "own_odd.py").write_text(
        "def net(): return 1\nnet.__module__ = '.'.join(['far'] * 60)\n", encoding="utf-8"
    )
    try:
        assert len(source_hash("own_odd:net", ModelFault)) == 64
    finally:
        sys.modules.pop("own_odd", None)
