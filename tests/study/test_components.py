"""The factorial's trainings: which there are, which are finished, and that a kill costs little."""

import lzma
import multiprocessing
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from capsprobe.factorial import MODELS, RECIPES, levels_of
from capsprobe.faults import EnvironmentFault, ModelFault, UsageFault
from capsprobe.models.checkpoints import Entry, manifest
from capsprobe.study import components
from capsprobe.study.components import Design, missing, train_all
from capsprobe.training.plan import Plan


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
    found = list(train_all(few, dataset="digits", jobs=jobs))
    assert {each.entry.model for each in found if each.entry} == {plan.model for plan in few}
    left = missing(wanted.plans())
    assert len(left) == 30 and not any(plan in left for plan in few)
    (name,) = {plan.folder.name for plan in few}
    held = manifest(wanted.weights(name))
    assert [entry.recipe["loss"] for entry in held] == [RECIPES[name]["loss"]] * 2


def test_a_network_of_another_recipe_is_refused_in_one_line(tmp_path: Path) -> None:
    first = design(tmp_path)
    list(train_all(first.plans()[:1], dataset="digits", jobs=1))
    line = r"capsnet\.digits\.0 .*expected epochs 2, as asked for, got one trained with 1; name"
    with pytest.raises(UsageFault, match=line):
        missing(design(tmp_path, epochs=2).plans())


def test_a_network_of_other_images_is_refused_and_one_without_weights_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = design(tmp_path)
    plan = wanted.plans()[0]
    list(train_all([plan], dataset="digits", jobs=1))
    with monkeypatch.context() as patch:
        patch.setattr(components, "_images", lambda dataset, source: "other")
        with pytest.raises(UsageFault, match="expected images other, as asked for, got one"):
            missing(wanted.plans())
    assert plan not in missing(wanted.plans())
    plain = plan.folder / "capsnet.digits.0.safetensors"
    plain.with_name(f"{plain.name}.xz").write_bytes(lzma.compress(plain.read_bytes()))
    plain.unlink()
    assert plan not in missing(wanted.plans())
    plain.with_name(f"{plain.name}.xz").unlink()
    assert plan in missing(wanted.plans())


def test_a_training_that_fails_stops_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train = components.train

    def half(plan: Plan, listener: object) -> Entry:
        if plan.model == "capsnet":
            raise ModelFault("expected a finite loss in epoch 1, got nan")
        return train(plan, listener)

    monkeypatch.setattr(components, "train", half)
    plans = design(tmp_path).plans()[:2]
    failed, done = train_all(plans, dataset="digits", jobs=1)
    assert (failed.plan, failed.entry) == (plans[0], None)
    assert failed.cause == "expected a finite loss in epoch 1, got nan"
    assert done.entry is not None and done.entry.model == "capsnet-uniform"


def test_a_worker_that_is_killed_is_told_in_one_line(tmp_path: Path) -> None:
    plans = design(tmp_path, epochs=50).plans()[:2]

    def kill() -> None:
        while not (workers := multiprocessing.active_children()):
            time.sleep(0.05)
        workers[0].kill()

    killer = threading.Thread(target=kill)
    killer.start()
    with pytest.raises(EnvironmentFault, match="process was killed.* run it again, with --jobs 1"):
        list(train_all(plans, dataset="digits", jobs=2))
    killer.join()


def test_data_of_the_users_own_are_known_to_all_processes(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    path = tmp_path / "mine.npz"
    labels = np.arange(240) % 3
    images = (rng.random((240, 16, 16)) * 60 + 60 * labels[:, None, None]).astype(np.uint8)
    np.savez(path, images=images, labels=labels)
    wanted = design(tmp_path / "out", dataset=str(path))
    few = wanted.plans()[:2]
    found = list(train_all(few, dataset=str(path), jobs=2))
    assert [each.cause for each in found] == ["", ""]
    settings = wanted.settings("margin-decoder", limit=4)
    assert settings.dataset == str(path)
    assert not set(few) & set(missing(wanted.plans()))


def test_all_networks_of_a_recipe_are_asked_the_same(tmp_path: Path) -> None:
    wanted = design(tmp_path, seeds=(3, 4))
    for name in RECIPES:
        settings = wanted.settings(name, limit=10)
        assert settings.models == MODELS and settings.training_seeds == (3, 4)
        assert settings.probes == ("adversarial", "affine", "corruption")
        assert settings.weights == wanted.weights(name)
