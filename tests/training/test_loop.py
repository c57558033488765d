"""A training from beginning to end, and one that is killed on the way."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from capsprobe.data.views import load_images
from capsprobe.faults import ModelFault, UsageFault
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


def test_training_goes_on_from_a_checkpoint(tmp_path: Path) -> None:
    first = train(plan(tmp_path / "first"), quiet)
    start = tmp_path / "first" / f"{first.stem}.safetensors"
    entry = train(replace(plan(tmp_path / "second", epochs=2), start=start), quiet)
    assert entry.start is not None
    assert (entry.epochs, entry.start.epochs, entry.start.checkpoint) == (5, 3, first.stem)
    assert entry.start.weights_sha256 == first.weights_sha256
    assert entry.best_epoch > 3
    assert entry.wall_s >= first.wall_s
    # Two epochs from fresh weights do not get there.
    assert (
        entry.validation_accuracy
        > train(plan(tmp_path / "fresh", epochs=2), quiet).validation_accuracy
    )


def test_training_that_goes_on_draws_anew(tmp_path: Path, sums: dict[str, list[float]]) -> None:
    train(plan(tmp_path / "whole", epochs=3), quiet)
    first = train(plan(tmp_path / "first", epochs=1), quiet)
    start = tmp_path / "first" / f"{first.stem}.safetensors"
    drawn = list(sums["ConvNet"])
    train(replace(plan(tmp_path / "second", epochs=2), start=start), quiet)
    steps = len(drawn) // 4
    assert sums["ConvNet"][4 * steps :] == drawn[steps : 3 * steps]


def test_start_of_another_model_is_refused(tmp_path: Path) -> None:
    first = train(plan(tmp_path, epochs=1), quiet)
    start = tmp_path / f"{first.stem}.safetensors"
    with pytest.raises(ModelFault, match="missing"):
        train(replace(plan(tmp_path / "second", model="capsnet"), start=start), quiet)


def test_killed_training_does_not_go_on_from_the_state_of_another_start(tmp_path: Path) -> None:
    first = train(plan(tmp_path / "first", epochs=1), quiet)
    start = tmp_path / "first" / f"{first.stem}.safetensors"
    with pytest.raises(Killed):
        train(plan(tmp_path / "second"), killed_after(2))
    seen: list[int] = []
    train(replace(plan(tmp_path / "second"), start=start), lambda epoch: seen.append(epoch.number))
    assert seen == [1, 2, 3]


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


@pytest.fixture
def sums(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[float]]:
    """Return what every step from now on sees, in one number each, by the network's class."""
    seen: dict[str, list[float]] = {}
    original = loop.Fitting.step

    def step(fit, images, wanted, *, progress):
        seen.setdefault(type(fit.network).__name__, []).append(images.double().sum().item())
        return original(fit, images, wanted, progress=progress)

    monkeypatch.setattr(loop.Fitting, "step", step)
    return seen


def test_all_models_see_the_same_batches(tmp_path: Path, sums: dict[str, list[float]]) -> None:
    for model in ("cnn", "capsnet"):
        train(plan(tmp_path, model=model, epochs=1), quiet)
    assert sums["ConvNet"] == sums["CapsNet"]


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
