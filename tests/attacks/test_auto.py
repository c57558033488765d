"""Auto-PGD reaches the closed form of a linear network, and no less than torchattacks' version."""

import pytest
import torch
import torchattacks

from capsprobe.attacks.adapter import Adapter
from capsprobe.attacks.auto import checkpoints
from capsprobe.attacks.base import attacks
from capsprobe.attacks.output_maps import OUTPUT_MAPS
from capsprobe.data.views import load_images
from capsprobe.faults import UsageFault
from capsprobe.models.checkpoints import load_model
from tests.attacks.toys import Linear, Saturated, answers, middling
from tests.oracles.attacks import distance

NAMES = ["apgd-ce", "apgd-ce-l2", "apgd-t", "apgd-t-l2"]
NORMS = {"linf": "Linf", "l2": "L2"}


def broken(name, network, image, label, epsilon):
    found = attacks[name](steps=30)(
        network, image[None], label[None], epsilon=epsilon, seed=0, output_map="margin"
    )
    return bool(answers(network, found) != label)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("network", [Linear(), Saturated(), Linear(gain=300.0)])
def test_the_smallest_budget_that_breaks_a_linear_network_is_the_closed_form(name, network):
    images = middling(3)
    labels = answers(network, images)
    for image, label in zip(images, labels, strict=True):
        exact = distance(*Linear().arrays, image.double().numpy(), int(label), attacks[name].norm)
        assert not broken(name, network, image, label, 0.98 * exact)
        assert broken(name, network, image, label, 1.02 * exact)


def test_a_hundred_steps_are_looked_at_where_the_authors_look():
    # p_j of section 3.1: .22, .41, .57, .70, .80, .87, .93, .99.
    assert sorted(checkpoints(100)) == [22, 41, 57, 70, 80, 87, 93, 99]


@pytest.mark.parametrize("steps", [1, 2, 7, 40])
def test_few_steps_are_looked_at_within_their_number(steps):
    assert all(1 <= each <= steps for each in checkpoints(steps))


@pytest.mark.parametrize(("name", "epsilon"), [("apgd-ce", 0.05), ("apgd-ce-l2", 0.8)])
def test_torchattacks_with_the_same_steps_breaks_hardly_more(name, epsilon):
    images, network = load_images("digits").limit(16), load_model("cnn").eval()
    labels = images.labels
    kind = attacks[name]
    ours = kind(steps=20)(
        network, images.images, labels, epsilon=epsilon, seed=0, output_map="scores"
    )
    mapped = Adapter(network, OUTPUT_MAPS["scores"])
    with torch.random.fork_rng(devices=[]):
        search = torchattacks.APGD(mapped, norm=NORMS[kind.norm], eps=epsilon, steps=20)
        theirs = search(images.images, labels)
    one, other = (int(mapped.errs(each, labels).sum()) for each in (ours, theirs))
    assert 0 < other <= one + 1


def test_targets_reach_classes_that_the_nearest_boundary_does_not_lead_to():
    images, network = load_images("digits").limit(16), load_model("capsnet").eval()
    asked = {"epsilon": 0.1, "seed": 0, "output_map": "logits"}
    kind = attacks["apgd-t"]
    one, many = (
        answers(network, kind(steps=10, targets=each)(network, *held(images), **asked))
        for each in (1, 9)
    )
    assert (many != images.labels).sum() >= (one != images.labels).sum() > 0


def held(images):
    return images.images, images.labels


@pytest.mark.parametrize(
    ("name", "settings", "words"),
    [
        ("apgd-ce", {"steps": 0}, "steps >= 1, got 0"),
        ("apgd-ce-l2", {"restarts": 0}, "restarts >= 1, got 0"),
        ("apgd-t", {"targets": 0}, "targets >= 1, got 0"),
        ("apgd-t-l2", {"steps": 0}, "steps >= 1, got 0"),
    ],
)
def test_effort_below_one_is_refused(name, settings, words):
    with pytest.raises(UsageFault, match=words):
        attacks[name](**settings)
