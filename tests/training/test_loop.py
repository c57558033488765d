"""A training from beginning to end, and one that is killed on the way."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from capsprobe.data.views import load_images
from capsprobe.faults import UsageFault
from capsprobe.models.checkpoints import load_model, manifest
from capsprobe.models.inference import accuracy
from capsprobe.training import loop
from capsprobe.training.loop import Epoch, train
from capsprobe.training.plan import Plan
from capsprobe.training.recipe import Recipe

RECIPE = Recipe(epochs=3, batch_size=128, width=4, types=1)


class Killed(Exception):
    """Stands for a kill at the end of an epoch."""


def plan(folder: Path, model: str = "cnn", dataset: str = "digits", **changes: object) -> Plan:
    recipe = RECIPE.model_copy(update=changes)
    return Plan(model=model, dataset=dataset, seed=0, recipe=recipe, folder=folder)


def quiet(epoch: Epoch) -> None:
    assert epoch.loss > 0.0


def killed_after(number: int) -> loop.Listener:
    def told(epoch: Epoch) -> None:
        if epoch.number == number:
            raise Killed

    return told


def test_entry_and_weights_load_and_repeat_the_accuracy(tmp_path: Path) -> None:
    entry = train(plan(tmp_path), quiet)
    assert manifest(tmp_path) == [entry]
    network = load_model("cnn", folder=tmp_path)
    assert accuracy(network, load_images("digits")) == entry.test_accuracy
    assert 1 <= entry.best_epoch <= entry.epochs == 3


def test_killed_training_ends_where_the_uninterrupted_one_does(tmp_path: Path) -> None:
    whole = train(plan(tmp_path / "whole", model="capsnet"), quiet)
    for epoch in (1, 2):
        with pytest.raises(Killed):
            train(plan(tmp_path / "cut", model="capsnet"), killed_after(epoch))
    cut = train(plan(tmp_path / "cut", model="capsnet"), quiet)
    assert cut.weights_sha256 == whole.weights_sha256
    assert not list((tmp_path / "cut").glob(".*"))


def test_state_of_another_recipe_is_not_taken_up(tmp_path: Path) -> None:
    with pytest.raises(Killed):
        train(plan(tmp_path), killed_after(2))
    seen: list[int] = []
    train(plan(tmp_path, learning_rate=1e-3), lambda epoch: seen.append(epoch.number))
    assert seen == [1, 2, 3]


def test_damaged_state_starts_anew(tmp_path: Path) -> None:
    wanted = plan(tmp_path)
    with pytest.raises(Killed):
        train(wanted, killed_after(2))
    wanted.state_path.write_bytes(wanted.state_path.read_bytes()[:100])
    seen: list[int] = []
    train(wanted, lambda epoch: seen.append(epoch.number))
    assert seen == [1, 2, 3]


def test_all_models_see_the_same_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sums: dict[str, list[float]] = {}
    original = loop.Fitting.step
    for model in ("cnn", "capsnet"):
        seen = sums.setdefault(model, [])

        def step(fit, images, wanted, *, progress, seen=seen):
            seen.append(images.double().sum().item())
            return original(fit, images, wanted, progress=progress)

        monkeypatch.setattr(loop.Fitting, "step", step)
        train(plan(tmp_path, model=model, epochs=1), quiet)
    assert sums["cnn"] == sums["capsnet"]


@pytest.mark.parametrize("dataset", ["digits-placed", "digits-pairs"])
def test_views_can_be_trained_on(tmp_path: Path, dataset: str) -> None:
    entry = train(plan(tmp_path, dataset=dataset, epochs=1), quiet)
    assert entry.frame["canvas"] == {"digits-placed": 40, "digits-pairs": 36}[dataset]


def test_half_precision_is_kept_only_where_it_changes_nothing(tmp_path: Path) -> None:
    entry = train(plan(tmp_path), quiet)
    tensors = load_file(tmp_path / "cnn.digits.0.safetensors")
    half = {value.dtype for value in tensors.values() if value.is_floating_point()}
    assert half == {getattr(torch, entry.dtype)}


def test_decoder_on_pairs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageFault, match="single digits"):
        train(plan(tmp_path, dataset="digits-pairs", decoder_weight=0.1), quiet)


def test_batch_larger_than_the_split_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageFault, match="1077"):
        train(plan(tmp_path, batch_size=2000), quiet)
