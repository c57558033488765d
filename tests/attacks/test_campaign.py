"""All attacks together: what follows works on what is left, what seeks the nearest runs once."""

from dataclasses import dataclass
from typing import ClassVar

import pytest
import torch

from capsprobe.attacks.base import Attack, attacks
from capsprobe.attacks.budgets import Passes
from capsprobe.attacks.campaign import attack_all, follow_gradients, passes_of
from capsprobe.attacks.curve import unattacked
from capsprobe.attacks.nearest import MinimumNorm
from tests.attacks.toys import Linear, answers, middling, suited

EPSILONS = (0.02, 0.05, 0.1)


@dataclass(frozen=True, kw_only=True)
class Counted(Attack):
    """One step as FGSM takes it; keeps how many images it was given, through which map."""

    name: ClassVar = "counted"
    norm: ClassVar = "linf"
    follows: ClassVar = True
    given: list[int]

    def perturb(self, mapped, images, labels, *, epsilon):
        self.given.append(len(images))
        return attacks["fgsm"]().perturb(mapped, images, labels, epsilon=epsilon)


@dataclass(frozen=True, kw_only=True)
class Seeking(MinimumNorm):
    """One step to the other end of the box along the gradient's sign."""

    name: ClassVar = "seeking"
    norm: ClassVar = "linf"
    made_for: ClassVar = ("logits",)
    given: list[int]

    def nearest(self, mapped, images, labels):
        self.given.append(len(images))
        return attacks["fgsm"]().perturb(mapped, images, labels, epsilon=0.3)


def run(chosen, epsilons=EPSILONS):
    network, images = Linear().eval(), middling(12)
    labels = answers(network, images)
    labels[:2] = 1 - labels[:2]
    clean = unattacked(network, images, labels)
    maps = ("scores", "margin")
    return attack_all(chosen, network, clean, labels, epsilons=epsilons, seed=0, output_maps=maps)


def test_who_follows_is_given_what_is_left():
    counted = Counted(given=[])
    found = run({"after": counted, "fgsm": attacks["fgsm"]()})
    left = [int(found.curves["fgsm"].robust(epsilon).sum()) for epsilon in EPSILONS]
    assert counted.given == [count for each in left for count in (each, each) if count]
    assert list(found.curves) == ["fgsm", "after", "worst"]


def test_who_seeks_the_nearest_runs_once_on_all_that_are_right():
    seeking = Seeking(given=[])
    found = run({"seeking": seeking, "fgsm": attacks["fgsm"]()})
    assert seeking.given == [10]
    assert set(found.distances) == {"seeking", "worst"}
    assert (found.distances["worst"] <= found.distances["seeking"]).all()
    broken = found.curves["worst"].smallest
    assert torch.equal(broken == 0.0, found.distances["worst"] == 0.0)


def test_without_one_there_are_no_distances():
    assert run({"fgsm": attacks["fgsm"]()}).distances == {}


def test_the_worst_distance_is_that_of_whatever_came_nearest():
    found = run({"seeking": Seeking(given=[]), "fgsm": attacks["fgsm"]()}, (0.001, 0.3))
    within = found.curves["fgsm"].smallest
    assert (found.distances["worst"] <= within).all()


def test_gradients_are_the_worst_without_those_that_see_less():
    chosen = {"fgsm": attacks["fgsm"](), "square": attacks["square"](queries=30)}
    found = run(chosen)
    assert torch.equal(follow_gradients(chosen, found).smallest, found.curves["fgsm"].smallest)


def test_passes_are_counted_map_by_map_and_epsilon_by_epsilon():
    chosen = {"fgsm": attacks["fgsm"](), "square": attacks["square"](queries=30)}
    maps = ("scores", "margin")
    found = passes_of(chosen, Linear(), epsilons=3, output_maps=maps)
    assert found == Passes(1 + 2 * 3 * (1 + 30), 2 * 3)
    once = passes_of({"seeking": Seeking(given=[])}, Linear(), epsilons=3, output_maps=maps)
    assert once == passes_of({"seeking": Seeking(given=[])}, Linear(), epsilons=9, output_maps=maps)


class Counting(Linear):
    """Counts the images that go through it or a copy of it, and the gradients that come back."""

    counts: ClassVar = [0, 0]

    def logits(self, images):
        self.counts[0] += len(images)
        scores = super().logits(images)
        if scores.requires_grad:
            scores.register_hook(self._note)
        return scores

    def _note(self, gradient):
        self.counts[1] += len(gradient)


# Of so many images the last run of a descent has as many starts: several of each of the nearest.
DESCENTS = dict.fromkeys(("pgd", "pgd-l2", "vote", "detached", "routing"), 16)


@pytest.mark.parametrize("name", list(attacks))
def test_an_attack_takes_no_more_passes_than_it_says(name):
    network, count = suited(name, Counting), DESCENTS.get(name, 1)
    images = middling(count)
    labels = answers(network, images)
    attack = attacks[name].within("standard")
    said = attack.passes(2)
    network.counts[:] = 0, 0
    attack(network, images, labels, epsilon=1e-4, seed=0, output_map="scores")
    forward, backward = network.counts
    assert forward <= count * said.forward + 20
    assert backward <= count * said.backward + 20
    # A seeker that has found one may stop.
    least = 0.0 if isinstance(attack, MinimumNorm) else 0.9 if name in DESCENTS else 0.4
    assert forward >= least * count * said.forward
    assert backward >= least * count * said.backward
