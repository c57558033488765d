"""What holds for whatever is registered: budget, box, and everything left as found."""

from dataclasses import fields

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from capsprobe.attacks.adapter import Adapter
from capsprobe.attacks.base import attacks
from capsprobe.attacks.norms import sizes
from capsprobe.attacks.output_maps import OUTPUT_MAPS
from capsprobe.faults import ModelFault, UsageFault
from tests.attacks.toys import (
    SIDE,
    Backfiring,
    Constant,
    Explosive,
    Flat,
    Linear,
    Pair,
    Remembering,
    Rounded,
    Saturated,
    Undefined,
    Undifferentiable,
    answers,
    assert_same,
    middling,
    state,
    suited,
)

CASES = [(name, output_map) for name in attacks for output_map in OUTPUT_MAPS]
every_case = pytest.mark.parametrize(("name", "output_map"), CASES)
FOLLOWERS = [name for name in attacks if attacks[name].sees == "gradients"]
follower = pytest.mark.parametrize("name", FOLLOWERS)
every_attack = pytest.mark.parametrize("name", list(attacks))


def attack(
    name,
    network,
    images,
    labels,
    *,
    epsilon=0.2,
    seed=0,
    output_map="scores",
    effort=8,
    dtype="fp32",
):
    kind = attacks[name]
    numbers = [field for field in fields(kind) if isinstance(field.default, int)]
    quick = {field.name: min(field.default, effort) for field in numbers}
    return kind(**quick, dtype=dtype)(
        network, images, labels, epsilon=epsilon, seed=seed, output_map=output_map
    )


def mixed(network):
    """Return the network half in training mode, half frozen."""
    network.train()
    network.normalisation.eval()
    network.bias.requires_grad_(False)
    return network


@every_attack
@settings(max_examples=12)
@given(
    output_map=st.sampled_from(list(OUTPUT_MAPS)),
    epsilon=st.floats(0.001, 1.0),
    seed=st.integers(0, 1000),
    noise=st.floats(0.0, 1.0),
)
def test_every_image_stays_in_the_box_and_the_budget(name, output_map, epsilon, seed, noise):
    generator = torch.Generator().manual_seed(seed)
    images = torch.rand(5, 1, SIDE, SIDE, generator=generator).sub(0.5).mul(4 * noise).add(0.5)
    images = images.clamp(0.0, 1.0)
    labels = torch.randint(2, (5,), generator=generator)
    found = attack(
        name,
        suited(name, Linear),
        images,
        labels,
        epsilon=epsilon,
        seed=seed,
        output_map=output_map,
        effort=3,
    )
    assert found.shape == images.shape and found.dtype == images.dtype
    assert 0.0 <= found.min() and found.max() <= 1.0
    assert sizes(found - images, attacks[name].norm).max() <= epsilon + 1e-6


@every_case
def test_network_and_generator_are_left_as_found(name, output_map):
    network, images = mixed(suited(name, Linear)), middling()
    labels, pixels = answers(Linear(), images), images.clone()
    before = state(network)
    attack(name, network, images, labels, output_map=output_map)
    assert_same(before, state(network))
    assert len(set(before[0])) == len(set(before[1])) == 2
    assert torch.equal(images, pixels) and not images.requires_grad


@every_case
def test_network_and_generator_are_left_as_found_after_an_error(name, output_map):
    labels = answers(Linear(), middling())
    counting = suited(name, Explosive, passes=0)
    attack(name, counting, middling(), labels, output_map=output_map)
    passes = -counting.passes
    for moment in {1, 1 + passes // 2, passes}:
        network = mixed(suited(name, Explosive, passes=moment))
        before = state(network)
        with pytest.raises(KeyboardInterrupt):
            attack(name, network, middling(), labels, output_map=output_map)
        assert_same(before, state(network))


@follower
@pytest.mark.parametrize("output_map", list(OUTPUT_MAPS))
def test_network_and_generator_are_left_as_found_after_an_error_on_the_way_back(name, output_map):
    network = mixed(suited(name, Backfiring))
    before = state(network)
    labels = answers(Linear(), middling())
    with pytest.raises(KeyboardInterrupt):
        attack(name, network, middling(), labels, output_map=output_map, epsilon=0.001)
    assert_same(before, state(network))


@every_case
def test_two_runs_agree_whatever_the_global_generator(name, output_map):
    images = middling()
    labels = answers(Linear(), images)
    torch.manual_seed(1)
    one = attack(name, suited(name, Linear), images, labels, output_map=output_map)
    torch.manual_seed(2)
    other = attack(name, suited(name, Linear), images, labels, output_map=output_map)
    assert torch.equal(one, other)


@every_attack
def test_no_gradients_outside_are_no_hindrance(name):
    images = middling()
    labels = answers(Linear(), images)
    network = suited(name, Linear)
    expected = attack(name, network, images, labels)
    with torch.no_grad():
        assert torch.equal(attack(name, network, images, labels), expected)
    with torch.inference_mode():
        assert torch.equal(attack(name, network, images.clone(), labels.clone()), expected)


@every_attack
@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (Pair, "got tuple"),
        (Flat, r"got \(12,\)"),
        (Undefined, "finite scores"),
    ],
)
def test_what_are_no_scores_is_one_clear_line(name, kind, words):
    with pytest.raises(ModelFault, match=words):
        attack(name, suited(name, kind), middling(), torch.zeros(12, dtype=torch.int64))


@follower
def test_scores_without_gradient_are_one_clear_line(name):
    # An attack on routing is told before: constants are no routing that could be attacked.
    expected = "differentiated|coefficients that follow the image"
    with pytest.raises((ModelFault, UsageFault), match=expected):
        attack(name, suited(name, Constant), middling(), torch.zeros(12, dtype=torch.int64))


@follower
def test_a_gradient_that_is_no_number_gives_no_image(name):
    labels = answers(Linear(), middling())
    with pytest.raises(ModelFault, match="finite gradients"):
        attack(name, suited(name, Undifferentiable), middling(), labels, epsilon=0.001)


@every_case
def test_a_network_that_is_flat_is_no_error(name, output_map):
    network, images = suited(name, Rounded), middling(4)
    found = attack(name, network, images, answers(network, images), output_map=output_map)
    assert torch.isfinite(found).all()


@every_attack
def test_no_attack_writes_into_the_scores_of_the_network(name):
    network, images = suited(name, Remembering), middling()
    attack(name, network, images, answers(network, images))
    assert torch.isfinite(network.returned).all()


@every_case
def test_a_huge_budget_leaves_hardly_an_image_standing(name, output_map):
    largest = 1.0 if attacks[name].norm == "linf" else float(SIDE)
    # Without gradients a few queries are few.
    effort = 8 if attacks[name].sees == "gradients" else 200
    for network in (suited(name, Linear), suited(name, Saturated)):
        images = middling()
        labels = answers(network, images)
        found = attack(
            name, network, images, labels, epsilon=largest, output_map=output_map, effort=effort
        )
        assert (answers(network, found) != labels).double().mean() > 0.8


@every_attack
def test_no_image_is_an_answer_for_no_image(name):
    found = attack(name, suited(name, Linear), middling()[:0], torch.zeros(0, dtype=torch.int64))
    assert found.shape == (0, 1, SIDE, SIDE)


def test_the_adapter_changes_no_mode():
    network = mixed(Linear())
    before = state(network)
    adapter = Adapter(network, OUTPUT_MAPS["scores"])
    assert not adapter.train().training and not adapter.eval().training
    assert_same(before, state(network))
