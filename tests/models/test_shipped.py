"""The checkpoints that come with the package: whole, small, as good as their entries say."""

from collections import defaultdict

import pytest

from capsprobe.data.views import Name, load_images
from capsprobe.models.checkpoints import SHIPPED, Entry, load_model, manifest
from capsprobe.models.inference import accuracy
from capsprobe.training.recipe import Recipe

ENTRIES = manifest()
COMPACT = 300_000
ON_DIGITS = (
    "capsnet",
    "capsnet-uniform",
    "capsnet-article",
    "capsnet-kmeans",
    "capsnet-em",
    "capsnet-attention",
    "se-head",
    "senet",
    "cnn",
)


def named(entry: Entry) -> str:
    return entry.stem


@pytest.mark.parametrize("entry", ENTRIES, ids=named)
def test_checkpoint_loads_and_is_of_the_size_it_says(entry: Entry) -> None:
    network = load_model(entry.model, dataset=entry.dataset, seed=entry.seed)
    count = sum(parameter.numel() for parameter in network.parameters())
    assert count == entry.parameters
    assert count <= COMPACT or entry.model == "capsnet-sabour"


@pytest.mark.parametrize(
    "entry", [entry for entry in ENTRIES if entry.dataset.startswith("digits")], ids=named
)
def test_accuracy_on_digits_is_what_the_entry_says(entry: Entry) -> None:
    network = load_model(entry.model, dataset=entry.dataset, seed=entry.seed)
    found = accuracy(network, load_images(entry.dataset))
    # Another processor may round one image in 360 to the other side.
    assert found == pytest.approx(entry.test_accuracy, abs=1.5 / 360)


@pytest.mark.parametrize("model", ON_DIGITS)
def test_three_seeds_on_digits_are_right_in_at_least_97_5_percent(model: str) -> None:
    found = [e.test_accuracy for e in ENTRIES if (e.model, e.dataset) == (model, "digits")]
    assert len(found) >= 3
    assert sum(found) / len(found) >= 0.975


@pytest.mark.parametrize("model", ["capsnet", "senet", "cnn"])
def test_compact_models_err_on_at_most_half_a_percent_of_mnist(model: str) -> None:
    found = [e.test_accuracy for e in ENTRIES if (e.model, e.dataset) == (model, "mnist")]
    assert found
    assert all(value >= 0.995 for value in found)


@pytest.mark.parametrize("model", ["capsnet", "senet", "cnn"])
@pytest.mark.parametrize("base", ["digits", "mnist"])
def test_every_view_has_its_checkpoints(base: str, model: str) -> None:
    views = {
        Name.parse(e.dataset).view
        for e in ENTRIES
        if (e.model, e.seed) == (model, 0) and Name.parse(e.dataset).base == base
    }
    assert views == {"single", "placed", "pairs"}


def test_models_of_a_dataset_share_the_data() -> None:
    hashes = defaultdict(set)
    for entry in ENTRIES:
        hashes[entry.dataset].add(entry.data_sha256)
    assert all(len(found) == 1 for found in hashes.values())


def test_compact_models_of_a_dataset_share_the_recipe() -> None:
    recipes = defaultdict(set)
    for entry in ENTRIES:
        # The reference point with the literature is trained as the literature says.
        if entry.model not in ("capsnet-sabour", "cnn-adversarial"):
            recipe = Recipe(**entry.recipe)
            assert (recipe.decoder_weight > 0.0) == entry.model.endswith("-decoder")
            recipes[entry.dataset].add(recipe.model_copy(update={"decoder_weight": 0.0}))
    assert all(len(found) == 1 for found in recipes.values())
    assert all(recipe.adversarial_epsilon == 0.0 for (recipe,) in recipes.values())


def test_the_hardened_model_goes_on_from_the_plain_one_with_attacks() -> None:
    (entry,) = (entry for entry in ENTRIES if entry.model == "cnn-adversarial")
    recipe, start = Recipe(**entry.recipe), entry.start
    assert start is not None and start.checkpoint == "cnn.mnist.0"
    assert (recipe.adversarial_epsilon, recipe.adversarial_steps) == (0.2, 7)
    # Nothing else differs but how far and how fast it goes.
    left = {"adversarial_epsilon": 0.0, "adversarial_steps": 7, "epochs": 25, "learning_rate": 2e-3}
    begun = Recipe(**start.recipe).model_copy(update={"adversarial_steps": 7})
    assert recipe.model_copy(update=left) == begun


def test_all_weights_together_are_small() -> None:
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) < 45e6
