"""The adversarial probe with larger budgets: their attacks, distances, what they leave out."""

import pytest
import torch

from capsprobe.attacks.boundary import Boundary
from capsprobe.attacks.choosing import within
from capsprobe.data.views import load_images
from capsprobe.faults import UsageFault
from capsprobe.models.checkpoints import load_model
from capsprobe.probes import adversarial
from capsprobe.probes.adversarial import Adversarial
from capsprobe.study.settings import Settings, build_probes
from tests.probes.toys import accuracy

LINF, L2 = (0.05, 0.1, 0.2), (0.5, 1.0, 2.0)
COUNT = 12


@pytest.fixture(scope="module")
def images():
    return load_images("digits").limit(COUNT)


SMALL = {"linf": (0.05, 0.1), "l2": (0.5, 1.0), "steps": 3, "queries": 40, "limit": 6}


@pytest.fixture(scope="module")
def standard(images):
    """Return what the probe says of a network within more than the smallest budget."""
    probe, network = Adversarial(budget="standard", **SMALL), load_model("cnn")
    return {part: probe(network, images, part=part) for part in ("linf", "l2")}


@pytest.mark.parametrize("part", ["linf", "l2"])
def test_a_larger_budget_writes_a_row_for_each_of_its_attacks_but_those_on_routing(standard, part):
    table = standard[part].observations
    probe, network = Adversarial(budget="standard", **SMALL), load_model("cnn")
    names = {each.name for each in probe.conditions if each.part == part}
    chosen = within(part, "standard", {})
    names -= {f"{part}/{name}" for name, attack in chosen.items() if attack.lacks(network)}
    assert set(table["condition"]) == names
    assert {f"{part}/fab", f"{part}/apgd-t", f"{part}/gradients"} <= names
    assert accuracy(standard[part]).notna().all(axis=None)


@pytest.mark.parametrize("part", ["linf", "l2"])
def test_distances_are_of_images_right_when_clean_and_the_worst_is_the_least(standard, part):
    found = standard[part]
    table = found.observations.query("metric == 'distance'")
    assert (table["severity"] == 0.0).all() and (table["value"] > 0.0).all()
    wide = table.pivot_table(index="unit_id", columns="condition", values="value")
    seekers = {"linf": {"fab"}, "l2": {"boundary", "cw", "deepfool", "fab"}}[part]
    assert set(wide) == {f"{part}/{name}" for name in (*seekers, "worst")}
    worst = wide.pop(f"{part}/worst")
    assert (worst <= wide.min(axis=1)).all()
    clean = found.observations.query("metric == 'correct' and severity == 0.0")
    right = set(clean.loc[clean["value"] == 1.0, "unit_id"])
    for name in (*seekers, "worst"):
        units = set(table.loc[table["condition"] == f"{part}/{name}", "unit_id"])
        unbroken = found.left_out.get(f"never broken at any distance by {part}/{name}", 0)
        assert units <= right and len(units) + unbroken == len(right)


def test_an_image_that_an_attack_could_not_begin_on_has_no_row_of_it_and_is_counted(
    images, monkeypatch
):
    monkeypatch.setattr(Boundary, "begun", lambda self, found, clean: torch.arange(len(found)) > 0)
    monkeypatch.setattr(
        adversarial, "within", lambda norm, *rest: {"boundary": Boundary(queries=30)}
    )
    found = Adversarial(**SMALL)(load_model("cnn"), images, part="l2")
    walked, worst = (
        found.observations.query(f"condition == 'l2/{name}' and metric == 'correct'")
        for name in ("boundary", "worst")
    )
    assert walked["unit_id"].nunique() == SMALL["limit"] - 1
    assert worst["unit_id"].nunique() == SMALL["limit"]
    reason = "not attacked by l2/boundary: nothing at hand that errs, to begin from"
    assert found.left_out[reason] == 1


def test_an_image_stands_where_its_distance_is_larger(standard):
    table = standard["l2"].observations
    for name in ("l2/cw", "l2/fab"):
        rows = table[table["condition"] == name]
        far = rows[rows["metric"] == "distance"].set_index("unit_id")["value"]
        stands = rows[(rows["metric"] == "correct") & (rows["severity"] == 1.0)]
        for row in stands.itertuples():
            assert row.value == float(far.get(row.unit_id, 0.0) > 1.0)


def test_conditions_say_where_the_nearest_image_is_sought():
    quick, standard = (
        {each.name for each in Adversarial(budget=budget).conditions if each.seeks}
        for budget in ("quick", "standard")
    )
    assert quick == set()
    seekers = {"l2/boundary", "l2/cw", "l2/deepfool", "l2/fab", "linf/fab"}
    assert standard == {*seekers, "l2/worst", "linf/worst"}


def test_what_the_budget_leaves_out_is_said():
    assert Adversarial(budget="strong").forgone == ()
    said = Adversarial().forgone
    assert any("cw" in each for each in said) and any("dlr" in each for each in said)
    assert "linf square: 40 of 5000 queries" in said


def test_a_file_may_name_what_is_left_to_the_budget():
    given = {"adversarial": {"budget": "standard", "steps": 3, "maps": ["margin"]}}
    probe = build_probes(Settings(probes=("adversarial",), probe_settings=given))["adversarial"]
    assert (probe.steps, probe.maps, probe.restarts) == (3, ("margin",), None)
    wrong = {"adversarial": {"steps": "many"}}
    with pytest.raises(UsageFault, match="adversarial.steps: expected int, got 'many'"):
        build_probes(Settings(probes=("adversarial",), probe_settings=wrong))
