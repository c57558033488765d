"""Attacks on routing: what they are for, whose gradient they follow, and what they find."""

import pytest
import torch

from capsprobe.attacks.adapter import Adapter, Detour
from capsprobe.attacks.base import attacks
from capsprobe.attacks.choosing import applicable
from capsprobe.attacks.detached import detached
from capsprobe.attacks.output_maps import OUTPUT_MAPS
from capsprobe.attacks.routing import last_shares
from capsprobe.data.views import load_images
from capsprobe.faults import UsageFault
from capsprobe.models.base import Frame
from capsprobe.models.checkpoints import build, load_model
from capsprobe.models.swapping import swapped
from capsprobe.routing.shares import divergence
from tests.attacks.toys import Capsules, Linear, answers, middling
from tests.oracles.attacks import distance, routed_gradient

ON_ROUTING = ["vote", "detached", "routing"]
every = pytest.mark.parametrize("name", ON_ROUTING)
SMALL = Frame(width=8, types=2)


def small(model):
    return build(model, SMALL, seed=0, decoder=False).eval()


@pytest.fixture(scope="module")
def digits():
    return load_images("digits").limit(24)


@every
@pytest.mark.parametrize("model", ["cnn", "senet", "se-head", "capsnet-uniform"])
def test_networks_whose_routing_is_none_are_told_what_they_lack(name, model):
    network = small(model)
    images, labels = torch.rand(2, 1, 28, 28), torch.zeros(2, dtype=torch.int64)
    assert attacks[name]().lacks(network)
    with pytest.raises(UsageFault, match=f"attack {name}: expected a network with .*, got "):
        attacks[name]()(network, images, labels, epsilon=0.1, seed=0, output_map="scores")


@every
def test_one_round_of_routing_is_the_mean_of_the_votes(name):
    with swapped(small("capsnet"), routing="dynamic", iterations=1) as network:
        assert "follow the image" in attacks[name]().lacks(network)


def test_parents_that_are_more_than_sums_cannot_be_detached():
    fit = {
        model: [name for name in ON_ROUTING if not attacks[name]().lacks(small(model))]
        for model in ("capsnet", "capsnet-sabour", "capsnet-kmeans", "capsnet-em")
    }
    assert fit["capsnet"] == fit["capsnet-sabour"] == fit["capsnet-kmeans"] == ON_ROUTING
    assert fit["capsnet-em"] == ["vote", "routing"]


def test_who_lacks_what_an_attack_takes_is_not_asked():
    chosen = {name: attacks[name]() for name in ("pgd", *ON_ROUTING)}
    fit, lacking = applicable(chosen, small("capsnet"))
    assert list(fit) == list(chosen) and lacking == ()
    fit, lacking = applicable(chosen, small("cnn"))
    assert list(fit) == ["pgd"] and [name for name, _ in lacking] == ON_ROUTING
    assert dict(lacking)["vote"] == "no routing that can be exchanged"


@every
@pytest.mark.parametrize("output_map", ["scores", "margin"])
def test_the_smallest_budget_that_breaks_the_toy_is_the_closed_form(name, output_map):
    network, images = Capsules(), middling(4)
    labels = answers(network, images)
    assert torch.equal(labels, answers(Linear(), images))
    for image, label in zip(images, labels, strict=True):
        exact = distance(*Linear().arrays, image.double().numpy(), int(label), "linf")

        def stands(factor, image=image, label=label, exact=exact):
            found = attacks[name]()(
                network,
                image[None],
                label[None],
                epsilon=factor * exact,
                seed=0,
                output_map=output_map,
            )
            return bool(answers(network, found) == label)

        assert stands(0.98) and not stands(1.05)


@pytest.mark.parametrize("constant", [False, True])
def test_gradients_are_those_of_routing_written_out(constant):
    """The network's own, on its fast path, are those of all rounds unrolled."""
    drawn = torch.rand(3, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    network, images = small("capsnet").double(), drawn.double().requires_grad_()
    # Short votes make coefficients that are nearly constant whatever is done.
    network.votes.weight.data *= 10.0
    weights = torch.linspace(-1.0, 1.0, 10, dtype=torch.float64)
    scores = detached(network, images) if constant else network(images)
    (found,) = torch.autograd.grad((scores @ weights).sum(), images)
    expected, other = (
        routed_gradient(network, images, weights, constant=each)
        for each in (constant, not constant)
    )
    # Beside the largest: all of these are small. The oracle has no 1e-12 inside its square roots.
    largest = expected.abs().max()
    assert (found - expected).abs().max() < 1e-6 * largest
    assert (found - other).abs().max() > 1e-3 * largest


def test_detached_scores_are_those_of_the_network():
    network, images = small("capsnet"), torch.rand(5, 1, 28, 28)
    torch.testing.assert_close(detached(network, images), network(images))


def test_what_a_detour_breaks_the_network_itself_says():
    """Whatever the other scores claim."""
    network, images = Linear().eval(), middling(6)
    labels = answers(network, images)
    liar = Detour(Adapter(network, OUTPUT_MAPS["scores"]), lambda few: -network(few))
    lost, broken = liar.judge(images, liar(images), labels)
    assert not broken.any() and (lost < 0.0).all()
    lost, broken = liar.judge(images, liar(images), 1 - labels)
    assert broken.all() and (lost > 0.0).all()


@every
def test_what_is_found_breaks_the_routed_network(name, digits):
    network = load_model("capsnet")
    right = answers(network, digits.images) == digits.labels
    images, labels = digits.images[right], digits.labels[right]
    own = (network.routing, network.iterations)
    found = attacks[name](steps=20)(
        network, images, labels, epsilon=0.2, seed=0, output_map="margin"
    )
    assert (answers(network, found) != labels).double().mean() > 0.9
    assert (network.routing, network.iterations) == own


def test_the_routing_attack_moves_coefficients_farther_than_noise(digits):
    network = load_model("capsnet").requires_grad_(False)
    images, labels = digits.images[:8], answers(network, digits.images[:8])
    epsilon = 0.05
    noise = epsilon * torch.randn(images.shape, generator=torch.Generator().manual_seed(0)).sign()
    found = attacks["routing"](steps=20)(
        network, images, labels, epsilon=epsilon, seed=0, output_map="scores"
    )
    clean = last_shares(network, images)
    moved, by_chance = (
        divergence(last_shares(network, each), clean)
        for each in (found, (images + noise).clamp(0, 1))
    )
    assert (moved > by_chance).all()
