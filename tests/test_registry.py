import sys

import pytest

from capsprobe import registry as registry_module
from capsprobe.faults import UsageFault
from capsprobe.registry import Registry, unknown

MEMBER = """
from test_zoo import animals

@animals.register("{name}")
def {name}():
    return "{name}"
"""


@pytest.fixture
def animals(tmp_path, monkeypatch):
    """Yield a registry of a package with two members, each in a file of its own."""
    package = tmp_path / "test_zoo"
    package.mkdir()
    (package / "__init__.py").write_text(
        "from capsprobe.registry import Registry\nanimals = Registry('animal', 'test_zoo')\n"
    )
    for name in ("zebra", "ant"):
        (package / f"{name}.py").write_text(MEMBER.format(name=name))
    monkeypatch.syspath_prepend(tmp_path)
    import test_zoo

    yield test_zoo.animals
    for name in [name for name in sys.modules if name.partition(".")[0] == "test_zoo"]:
        del sys.modules[name]


def test_members_are_found_by_reading_the_package(animals):
    assert list(animals) == ["ant", "zebra"]
    assert animals["ant"]() == "ant"


def test_the_package_is_not_read_before_a_name_is_asked_for(animals):
    assert "test_zoo.ant" not in sys.modules
    assert "ant" in animals
    assert "test_zoo.ant" in sys.modules


def test_an_unknown_name_is_a_usage_fault_with_the_nearest_and_all_names(animals):
    with pytest.raises(UsageFault) as caught:
        animals["zebre"]
    assert str(caught.value) == ("unknown animal 'zebre'. Did you mean 'zebra'? Known: ant, zebra.")


def test_a_name_like_no_other_gets_no_guess():
    assert unknown("animal", "qqq", ("ant",)) == "unknown animal 'qqq'. Known: ant."
    assert unknown("animal", "qqq", ()) == "unknown animal 'qqq'. Known: none."


def test_a_taken_name_is_an_error():
    animals = Registry("animal", "capsprobe.routing")
    animals.register("cat")(test_a_name_like_no_other_gets_no_guess)
    with pytest.raises(ValueError, match="expected a free animal name, got 'cat', taken"):
        animals.register("cat")(test_a_taken_name_is_an_error)


def test_a_module_read_twice_may_register_again():
    animals = Registry("animal", "capsprobe.routing")
    animals.register("cat")(test_a_taken_name_is_an_error)
    animals.register("cat")(test_a_taken_name_is_an_error)
    assert animals["cat"] is test_a_taken_name_is_an_error


class Point:
    """An entry point of another distribution."""

    name = "dog"

    def __init__(self, load):
        self.load = load


@pytest.fixture
def points(monkeypatch):
    """Return a function that installs entry points into the group of a package."""

    def install(*found, package):
        monkeypatch.setattr(
            registry_module,
            "entry_points",
            lambda *, group: found if group == package else (),
        )

    return install


def test_an_entry_point_that_is_a_member_adds_it(animals, points):
    points(Point(lambda: len), package="test_zoo")
    assert list(animals) == ["ant", "dog", "zebra"]
    assert animals["dog"] is len


def test_an_entry_point_may_register_by_itself(animals, points):
    def load():
        animals.register("dog")(max)
        return sys

    points(Point(load), package="test_zoo")
    assert animals["dog"] is max


def test_entry_points_of_other_groups_are_not_loaded(animals, points):
    points(Point(lambda: pytest.fail("loaded")), package="another")
    assert "dog" not in animals
