"""The factorial's trainings: which there are, which are finished, and that a kill costs little."""

from pathlib import Path

import pytest

from capsprobe.factorial import MODELS, RECIPES, levels_of
from capsprobe.faults import UsageFault
from capsprobe.models.checkpoints import manifest
from capsprobe.study.components import Design, missing, train_all


def design(folder: Path, **changed: object) -> Design:
    return Design(**{"dataset": "digits", "seeds": (0,), "folder": folder, "epochs": 1, **changed})


def test_every_seed_has_every_network_under_every_recipe(tmp_path: Path) -> None:
    plans = design(tmp_path, seeds=(0, 1)).plans()
    assert [plan.seed for plan in plans] == [0] * 32 + [1] * 32
    held = {
        (plan.seed, *levels_of(plan.model, plan.recipe.model_dump()).values()) for plan in plans
    }
    assert len(held) == 64
    places = [(plan.folder, plan.model, plan.seed) for plan in plans]
    assert len(set(places)) == 64


def test_networks_differ_in_their_parts_alone(tmp_path: Path) -> None:
    recipes = {
        plan.recipe.model_copy(update={"loss": "margin", "decoder_weight": 0.0}).model_dump_json()
        for plan in design(tmp_path).plans()
    }
    assert len(recipes) == 1


def test_digits_are_trained_in_half_the_epochs_unless_asked_otherwise(tmp_path: Path) -> None:
    assert {plan.recipe.epochs for plan in design(tmp_path, epochs=None).plans()} == {50}
    assert {plan.recipe.epochs for plan in design(tmp_path, epochs=7).plans()} == {7}
    plans = design(tmp_path, epochs=None, dataset="mnist").plans()
    assert {plan.recipe.epochs for plan in plans} == {25}


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_is_trained_is_missing_no_more(tmp_path: Path, jobs: int) -> None:
    wanted = design(tmp_path)
    few = [plan for plan in wanted.plans() if plan.model.startswith("capsnet-shared-uns")][:2]
    entries = list(train_all(few, jobs=jobs))
    assert {entry.model for entry in entries} == {plan.model for plan in few}
    left = missing(wanted.plans())
    assert len(left) == 30 and not any(plan in left for plan in few)
    (name,) = {plan.folder.name for plan in few}
    held = manifest(wanted.weights(name))
    assert [entry.recipe["loss"] for entry in held] == [RECIPES[name]["loss"]] * 2


def test_a_network_of_another_recipe_is_refused_in_one_line(tmp_path: Path) -> None:
    first = design(tmp_path)
    list(train_all(first.plans()[:1], jobs=1))
    line = r"capsnet\.digits\.0 .*expected epochs 2, as asked for, got one trained with 1; name"
    with pytest.raises(UsageFault, match=line):
        missing(design(tmp_path, epochs=2).plans())


def test_all_networks_of_a_recipe_are_asked_the_same(tmp_path: Path) -> None:
    wanted = design(tmp_path, seeds=(3, 4))
    for name in RECIPES:
        settings = wanted.settings(name, limit=10)
        assert settings.models == MODELS and settings.training_seeds == (3, 4)
        assert settings.probes == ("adversarial", "affine", "corruption")
        assert settings.weights == wanted.weights(name)
