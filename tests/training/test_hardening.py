"""Adversarial training: what is learned from lies near the images, and is harder than they are."""

from pathlib import Path

import pytest
import torch
from torch.nn.functional import cross_entropy

from capsprobe.faults import UsageFault
from capsprobe.models.base import Frame, Network
from capsprobe.models.checkpoints import build, load_model
from capsprobe.training.hardening import hardened, perturbed
from capsprobe.training.loop import Epoch, train
from capsprobe.training.losses import targets
from capsprobe.training.plan import Plan
from capsprobe.training.recipe import Recipe, default_recipe

FRAME = Frame(classes=3, canvas=16, width=4, types=1)
RECIPE = Recipe(epochs=2, batch_size=128, width=4, types=1, adversarial_epsilon=0.1)
LABELS = torch.arange(24) % 3
WANTED = targets(LABELS, classes=3)


@pytest.fixture
def network() -> Network:
    return build("cnn", FRAME, seed=0, decoder=False).train()


@pytest.fixture
def images() -> torch.Tensor:
    return torch.rand(24, 1, 16, 16, generator=torch.Generator().manual_seed(0))


def quiet(epoch: Epoch) -> None:
    assert epoch.loss > 0.0


def lost(network: Network, images: torch.Tensor) -> float:
    network.eval()
    return cross_entropy(network(images), LABELS).item()


def test_perturbed_images_stay_near_and_are_harder(network: Network, images: torch.Tensor) -> None:
    found = perturbed(network, images, WANTED, RECIPE, seed=1)
    assert 0.05 < (found - images).abs().max() <= 0.1 + 1e-6
    assert found.min() >= 0.0
    assert found.max() <= 1.0
    assert lost(network, found) > lost(network, images)


def test_an_attack_leaves_network_and_generator_as_they_were(
    network: Network, images: torch.Tensor
) -> None:
    before = {name: value.clone() for name, value in network.state_dict().items()}
    drawn = torch.get_rng_state()
    perturbed(network, images, WANTED, RECIPE, seed=1)
    assert network.training
    assert torch.equal(torch.get_rng_state(), drawn)
    assert all(each.grad is None and each.requires_grad for each in network.parameters())
    assert all(torch.equal(before[name], each) for name, each in network.state_dict().items())


def test_each_step_has_a_start_of_its_own_that_repeats(
    network: Network, images: torch.Tensor
) -> None:
    def epoch(number: int) -> list[torch.Tensor]:
        batches = hardened([(images, WANTED)] * 2, network, RECIPE, seed=0, epoch=number)
        return [found for found, _ in batches]

    first, again, second = epoch(0), epoch(0), epoch(1)
    assert torch.equal(first[0], again[0])
    assert torch.equal(first[1], again[1])
    assert not torch.equal(first[0], first[1])
    assert not torch.equal(first[0], second[0])


def test_half_of_a_batch_stays_clean(network: Network, images: torch.Tensor) -> None:
    ((found, wanted),) = hardened([(images, WANTED)], network, RECIPE, seed=0, epoch=0)
    assert torch.equal(found[12:], images[12:])
    assert (found[:12] != images[:12]).flatten(1).any(dim=1).all()
    assert wanted is WANTED


def test_without_an_epsilon_batches_pass_as_they_are(
    network: Network, images: torch.Tensor
) -> None:
    plain = RECIPE.model_copy(update={"adversarial_epsilon": 0.0})
    ((found, wanted),) = hardened([(images, WANTED)], network, plain, seed=0, epoch=0)
    assert found is images
    assert wanted is WANTED


def test_training_on_attacks_gives_a_checkpoint_that_says_so(tmp_path: Path) -> None:
    def entry(epsilon: float) -> tuple[str, object]:
        recipe = RECIPE.model_copy(update={"adversarial_epsilon": epsilon})
        folder = tmp_path / f"{epsilon:g}"
        done = train(
            Plan(model="cnn-adversarial", dataset="digits", seed=0, recipe=recipe, folder=folder),
            quiet,
        )
        load_model("cnn-adversarial", folder=folder)
        return done.weights_sha256, done.recipe["adversarial_epsilon"]

    (hard, said), (plain, nothing) = entry(0.1), entry(0.0)
    assert hard != plain
    assert (said, nothing) == (0.1, 0.0)


def test_only_the_one_model_is_attacked_by_default() -> None:
    attacked = default_recipe("mnist", "single", "cnn-adversarial")
    beside = default_recipe("mnist", "single", "cnn")
    assert (attacked.adversarial_epsilon, beside.adversarial_epsilon) == (0.2, 0.0)
    assert attacked.model_copy(update={"adversarial_epsilon": 0.0}) == beside


def test_pairs_of_digits_are_refused(tmp_path: Path) -> None:
    plan = Plan(model="cnn", dataset="digits-pairs", seed=0, recipe=RECIPE, folder=tmp_path)
    with pytest.raises(UsageFault, match="expected single digits to attack"):
        train(plan, quiet)
