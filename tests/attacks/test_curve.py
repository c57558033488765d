"""Curves work on survivors, never rise, and never flatter."""

from dataclasses import dataclass, fields
from typing import ClassVar

import pytest
import torch

from capsprobe.attacks.base import Attack, attacks
from capsprobe.attacks.curve import attack_curve, unattacked, worst
from capsprobe.attacks.norms import sizes
from tests.attacks.toys import Linear, answers, middling, suited
from tests.oracles.attacks import distance

EPSILONS = (0.01, 0.02, 0.04, 0.08, 0.16)


@dataclass(frozen=True, kw_only=True)
class Noted(Attack):
    """One step as FGSM takes it; keeps how many images it was given."""

    name: ClassVar = "noted"
    norm: ClassVar = "linf"
    counts: list[int]

    def perturb(self, mapped, images, labels, *, epsilon):
        self.counts.append(len(images))
        return attacks["fgsm"]().perturb(mapped, images, labels, epsilon=epsilon)


def quick(name):
    kind = attacks[name]
    numbers = [field for field in fields(kind) if isinstance(field.default, int)]
    return kind(**{field.name: min(field.default, 6) for field in numbers})


def case(count=25, *, name="fgsm"):
    """Return a network suited to an attack, images and labels of which the first ten are wrong."""
    network, images = suited(name, Linear).eval(), middling(count)
    labels = answers(network, images)
    labels[:10] = 1 - labels[:10]
    return network, images, labels


def curve(attack, *, output_maps=("scores",), epsilons=EPSILONS, before=None):
    network, images, labels = case(name=attack.name if attack.name in attacks else "fgsm")
    clean = unattacked(network, images, labels)
    return attack_curve(
        attack,
        network,
        clean,
        labels,
        epsilons=epsilons,
        seed=0,
        output_maps=output_maps,
        before=before,
    )


def test_an_image_breaks_at_the_first_epsilon_above_its_closed_form():
    network, images, labels = case()
    found = curve(attacks["fgsm"]())
    for row in range(10, len(images)):
        exact = distance(*network.arrays, images[row].double().numpy(), int(labels[row]), "linf")
        above = [epsilon for epsilon in EPSILONS if epsilon > exact]
        assert found.smallest[row] == (above[0] if above else torch.inf)


def test_images_wrong_when_clean_and_images_broken_are_not_attacked_again():
    attack = Noted(counts=[])
    found = curve(attack)
    assert (found.smallest[:10] == 0.0).all()
    # One step stretched is the longer step: what that breaks is not attacked either.
    expected = [15, *(int(found.robust(epsilon).sum()) for epsilon in EPSILONS[1:])]
    assert attack.counts == [count for count in expected if count]


def test_what_broke_through_one_map_is_not_tried_on_the_next():
    attack = Noted(counts=[])
    found = curve(attack, output_maps=("scores", "margin"), epsilons=(0.1,))
    assert attack.counts == [15, int(found.robust(0.1).sum())]
    assert 0 < attack.counts[1] < 15


@dataclass(frozen=True, kw_only=True)
class Tired(Attack):
    """One good step within the first budget, none after."""

    name: ClassVar = "tired"
    norm: ClassVar = "linf"

    def perturb(self, mapped, images, labels, *, epsilon):
        if epsilon > EPSILONS[0]:
            return images
        return attacks["fgsm"]().perturb(mapped, images, labels, epsilon=epsilon)


def test_what_came_near_within_one_budget_is_stretched_to_the_next():
    assert torch.equal(curve(Tired()).smallest, curve(attacks["fgsm"]()).smallest)


def test_what_others_broke_is_left_alone_and_counted():
    attack = Noted(counts=[])
    before = curve(quick("pgd"))
    found = curve(attack, before=before)
    assert (found.smallest <= before.smallest).all()
    assert attack.counts[0] == int(before.robust(EPSILONS[0]).sum())
    both = torch.minimum(curve(attacks["fgsm"]()).smallest, before.smallest)
    assert torch.equal(found.smallest, both)


@pytest.mark.parametrize("name", list(attacks))
def test_survivors_only_is_never_above_attacking_everything(name):
    network, images, labels = case(name=name)
    found = curve(quick(name))
    for epsilon in EPSILONS:
        tried = quick(name)(network, images, labels, epsilon=epsilon, seed=0, output_map="scores")
        right = (answers(network, images) == labels) & (answers(network, tried) == labels)
        assert found.robust(epsilon).sum() <= right.sum()


@pytest.mark.parametrize("name", list(attacks))
def test_robustness_falls_with_epsilon_whatever_the_order_given(name):
    one, other = curve(quick(name)), curve(quick(name), epsilons=EPSILONS[::-1])
    assert torch.equal(one.smallest, other.smallest)
    robust = [int(one.robust(epsilon).sum()) for epsilon in (0.0, *EPSILONS)]
    assert robust == sorted(robust, reverse=True) and robust[0] == 15


def test_the_images_kept_are_those_that_break_the_network():
    network, images, labels = case()
    found = curve(attacks["pgd"]())
    assert torch.equal(answers(network, found.images), found.predictions)
    broken = found.smallest.isfinite() & (found.smallest > 0.0)
    assert broken.any() and (found.predictions[broken] != labels[broken]).all()
    size = found.norms(images, "linf")
    assert (size[broken] <= found.smallest[broken] + 1e-6).all() and (size[broken] > 0.0).all()
    assert (size[~broken] == 0.0).all()
    assert torch.equal(size, sizes(found.images - images, "linf"))


def test_the_worst_is_image_by_image_the_first_to_break():
    fgsm, square = curve(attacks["fgsm"]()), curve(attacks["square"](queries=3))
    found = worst([square, fgsm])
    assert torch.equal(found.smallest, torch.minimum(fgsm.smallest, square.smallest))
    first = fgsm.smallest < square.smallest
    assert first.any()
    assert torch.equal(found.images[first], fgsm.images[first])
    assert torch.equal(found.images[~first], square.images[~first])
    assert torch.equal(found.predictions[first], fgsm.predictions[first])
