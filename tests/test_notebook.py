"""The example notebook: its code runs as it stands there, and what it shows is what it says."""

import ast
import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from capsprobe import ImageSet
from capsprobe.study.running import Outcome

NOTEBOOK = Path(__file__).parents[1] / "examples" / "notebook.ipynb"


def codes() -> list[str]:
    held = json.loads(NOTEBOOK.read_text())
    return ["".join(each["source"]) for each in held["cells"] if each["cell_type"] == "code"]


def shown(code: str, names: dict[str, Any]) -> Any:
    """Run a cell; return what a notebook would show below it."""
    tree = ast.parse(code)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "cell", "exec"), names)
    return (
        None if last is None else eval(compile(ast.Expression(last.value), "cell", "eval"), names)
    )


def test_the_notebook_keeps_no_outputs() -> None:
    held = json.loads(NOTEBOOK.read_text())
    assert all(not cell.get("outputs") for cell in held["cells"])


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    names: dict[str, Any] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("notebook"))
        return [shown(code, names) for code in codes()]


def test_the_notebook_runs_and_shows_what_it_says(results) -> None:
    images, shape, parents, before, rows, after, _, changed = results
    assert isinstance(images, ImageSet) and len(images) == 100
    assert tuple(shape)[0] == 100
    assert len(parents) == 3 and parents[0] == pytest.approx(10.0, rel=1e-4)
    assert isinstance(before, Outcome) and before.count("failed") == 0
    assert isinstance(rows, pd.DataFrame) and {"probe", "model", "value"} <= set(rows)
    assert after.count("failed") == 0
    assert set(changed["verdict"]) <= {"", "no difference shown", "worse", "better"}


class Tags(HTMLParser):
    """Counts what is opened and closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag != "img":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_what_a_notebook_shows_is_whole_html_with_everything_escaped(results) -> None:
    images, _, _, before, *_ = results
    renamed = ImageSet(
        name="<script>alert(1)</script>",
        split=images.split,
        classes=images.classes,
        images=images.images,
        labels=images.labels,
        ids=images.ids,
        notes=("<b>",),
    )
    for each in (images, renamed, before):
        text = each._repr_html_()
        assert "<script>" not in text
        tags = Tags()
        tags.feed(text)
        assert not tags.open
    assert renamed._repr_html_().count("data:image/png;base64,") == 12
