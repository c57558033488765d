"""The rules of the house: who may import whom, and what a bare import costs."""

import json
import subprocess
import sys
from operator import attrgetter
from pathlib import Path

import pytest

import capsprobe

ROOT = Path(__file__).parent.parent
HEAVY = {"torch", "numpy", "pandas", "scipy", "matplotlib", "torchattacks", "rich", "pydantic"}
LOADED = "import json, sys; print(json.dumps(sorted({m.partition('.')[0] for m in sys.modules})))"


def loaded_after(code):
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{LOADED}"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return set(json.loads(done.stdout))


def test_every_import_contract_is_kept():
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_importing_the_package_is_light():
    assert not loaded_after("import capsprobe; capsprobe.__version__") & HEAVY


def test_the_judging_wing_and_the_ground_run_without_torch():
    rooms = ("tables", "registry", "shapes", "seeds", "files", "faults", "parts", "stats", "report")
    assert "torch" not in loaded_after("\n".join(f"import capsprobe.{room}" for room in rooms))


def test_torch_is_there_once_a_network_is_asked_for():
    assert "torch" in loaded_after("from capsprobe import load_model")


@pytest.mark.parametrize("name", capsprobe.__all__)
def test_every_public_name_leads_to_something_documented(name):
    assert getattr(capsprobe, name).__doc__
    assert name in dir(capsprobe)


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'capsprobe' has no attribute 'nothing'"):
        attrgetter("nothing")(capsprobe)


def test_tests_mirror_the_package():
    homes = {path.parent for path in _modules("capsprobe")}
    allowed = homes | {Path("oracles"), Path("benchmarks"), Path("faults")}
    allowed |= {Path("added") / home for home in homes}
    strays = {path.parent for path in _modules("tests")} - allowed
    assert not strays


def _modules(top):
    return [path.relative_to(ROOT / top) for path in (ROOT / top).glob("**/*.py")]
