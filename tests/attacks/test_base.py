"""What is refused before an attack starts, and what is verified after it."""

from dataclasses import dataclass
from typing import ClassVar

import pytest
import torch
from torch import nn

from capsprobe.attacks import base
from capsprobe.attacks.base import Attack, attacks
from capsprobe.attacks.norms import sizes
from capsprobe.faults import DataFault, ModelFault, UsageFault
from tests.attacks.toys import SIDE, Linear, middling


@dataclass(frozen=True, kw_only=True)
class Told(Attack):
    """Answers with what it was told, or notes what it was given."""

    name: ClassVar = "told"
    norm: ClassVar = "linf"
    shift: float = 0.0

    def perturb(self, mapped: nn.Module, images, labels, *, epsilon):
        assert not mapped.training and not mapped.network.training
        assert not any(parameter.requires_grad for parameter in mapped.parameters())
        return images + self.shift


@dataclass(frozen=True, kw_only=True)
class ToldL2(Told):
    norm: ClassVar = "l2"


@dataclass(frozen=True, kw_only=True)
class Drawing(Told):
    """Answers with noise from the global generator."""

    def perturb(self, mapped: nn.Module, images, labels, *, epsilon):
        return images + epsilon * (2.0 * torch.rand_like(images) - 1.0)


ZEROS = torch.zeros(12, dtype=torch.int64)


def ask(attack, images=None, labels=ZEROS, **settings):
    given = {"epsilon": 0.1, "seed": 0, "output_map": "scores"} | settings
    return attack(Linear(), middling() if images is None else images, labels, **given)


@pytest.mark.parametrize(
    ("images", "words"),
    [
        (middling().double(), "float32"),
        ((255 * middling()).to(torch.uint8), "uint8"),
        (middling()[0], "shape"),
        (255.0 * middling(), r"\[0, 1\]"),
        (middling() - 0.6, r"\[0, 1\]"),
        (middling() * torch.nan, "nan"),
    ],
)
def test_images_that_are_none_are_refused(images, words):
    with pytest.raises(DataFault, match=words):
        ask(Told(), images)


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (ZEROS.int(), "int64"),
        (ZEROS.float(), "int64"),
        (ZEROS[:5], r"\(5,\)"),
        (torch.stack([ZEROS, ZEROS], dim=1), r"\(12, 2\)"),
        (ZEROS + 2, r"0\.\.1, got 2\.\.2"),
        (ZEROS - 1, r"got -1\.\.-1"),
    ],
)
def test_labels_that_are_no_classes_are_refused(labels, words):
    with pytest.raises(DataFault, match=words):
        ask(Told(), labels=labels)


@pytest.mark.parametrize(
    ("attack", "epsilon"),
    [(Told(), 0.0), (Told(), -0.1), (Told(), 1.01), (Told(), float("nan")), (ToldL2(), 6.01)],
)
def test_an_epsilon_that_cannot_be_meant_is_refused(attack, epsilon):
    with pytest.raises(UsageFault, match="expected l.* epsilon in"):
        ask(attack, epsilon=epsilon)


def test_the_largest_budget_of_the_euclidean_norm_is_the_whole_box():
    assert ask(ToldL2(), epsilon=float(SIDE)).shape == middling().shape


def test_an_unknown_output_map_names_the_nearest():
    with pytest.raises(UsageFault, match="Did you mean 'margin'"):
        ask(Told(), output_map="margn")


def test_an_unknown_attack_names_the_nearest():
    with pytest.raises(UsageFault, match="Did you mean 'fgsm'"):
        attacks["fgms"]


@pytest.mark.parametrize("attack", [Told(shift=5.0), Told(shift=-5.0), ToldL2(shift=5.0)])
def test_what_leaves_the_budget_is_clipped(attack):
    found = ask(attack)
    assert sizes(found - middling(), attack.norm).max() == pytest.approx(0.1, abs=1e-6)


def test_what_leaves_the_box_is_clipped():
    assert ask(Told(shift=5.0), epsilon=0.9).max() == 1.0


def test_images_that_are_not_finite_are_refused():
    with pytest.raises(ModelFault, match="told: expected finite"):
        ask(Told(shift=float("nan")))


@pytest.mark.parametrize("shift", [0.11, -0.11])
def test_a_clip_that_fails_is_noticed(monkeypatch, shift):
    monkeypatch.setattr(base, "clip", lambda images, clean, **_: images)
    with pytest.raises(RuntimeError, match="within linf 0.1"):
        ask(Told(shift=shift))


def test_leaving_the_box_is_noticed(monkeypatch):
    monkeypatch.setattr(base, "clip", lambda images, clean, **_: images)
    with pytest.raises(RuntimeError, match="outside"):
        ask(Told(shift=0.8), epsilon=0.9)


def test_batches_do_not_share_their_draws():
    network = Linear()
    network.batch_size = 4
    images = torch.full((12, 1, SIDE, SIDE), 0.5)
    found = Drawing()(network, images, ZEROS, epsilon=0.1, seed=0, output_map="scores")
    first, second, third = found.split(4)
    assert not torch.equal(first, second) and not torch.equal(second, third)


@pytest.mark.parametrize("other", [{"seed": 1}, {"epsilon": 0.2}, {"output_map": "margin"}])
def test_draws_depend_on_seed_epsilon_and_output_map(other):
    images = torch.full((12, 1, SIDE, SIDE), 0.5)
    one = (ask(Drawing(), images) - 0.5) / 0.1
    two = (ask(Drawing(), images, **other) - 0.5) / other.get("epsilon", 0.1)
    assert not torch.allclose(one, two, atol=1e-3)
    assert torch.equal(ask(Drawing(), images), ask(Drawing(), images))
