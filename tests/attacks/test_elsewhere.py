"""No other library's PGD leaves less standing than our worst case on the same images."""

import importlib.util

import pytest
import torch

from capsprobe.attacks.norms import sizes
from capsprobe.data.views import load_images
from capsprobe.models.checkpoints import load_model, manifest
from capsprobe.models.inference import frozen
from capsprobe.probes.adversarial import Adversarial
from tests.attacks.toys import answers
from tests.oracles.elsewhere import art_pgd, foolbox_pgd

EPSILONS = (0.05, 0.1)
COUNT = 40
OTHERS = {"foolbox": foolbox_pgd, "art": art_pgd}
SHIPPED = [(entry.model, entry.seed) for entry in manifest() if entry.dataset == "digits"]


@pytest.fixture(scope="module")
def images():
    return load_images("digits").limit(COUNT)


@pytest.mark.slow
@pytest.mark.parametrize(("model", "seed"), SHIPPED)
def test_no_other_pgd_leaves_an_accuracy_half_a_point_below_our_worst_case(images, model, seed):
    network = load_model(model, seed=seed).eval()
    probe = Adversarial(linf=EPSILONS, budget="standard", limit=COUNT)
    table = probe(network, images, part="linf").observations
    worst = table[(table["condition"] == "linf/worst") & (table["metric"] == "correct")]
    ours = worst.groupby("severity")["value"].mean()
    compared = 0
    for name, other in OTHERS.items():
        if importlib.util.find_spec(name) is None:
            # Test-only oracles; the group `oracles` of pyproject.toml installs both.
            continue
        for epsilon in EPSILONS:
            with frozen(network):
                found = other(network, images.images, images.labels, epsilon)
            assert sizes(found - images.images, "linf").max() <= epsilon + 1e-6
            right = answers(network, images.images) == images.labels
            standing = right & (answers(network, found) == images.labels)
            theirs = standing.double().mean().item()
            assert theirs >= ours[epsilon] - 0.005, (name, epsilon)
            compared += 1
    if compared == 0:
        pytest.skip("neither foolbox nor art is installed: there is nothing to compare with")


@pytest.mark.slow
def test_other_libraries_are_called_as_they_should_be(images):
    """One quick look that both break something, where they are installed."""
    few = images.limit(8)
    network = load_model("cnn").eval()
    for name, other in OTHERS.items():
        if importlib.util.find_spec(name) is not None:
            with frozen(network):
                found = other(network, few.images, few.labels, 0.3)
            assert isinstance(found, torch.Tensor)
            assert (answers(network, found) != few.labels).all()
