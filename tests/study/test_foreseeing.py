"""What a study will cost is told before it runs."""

import pytest
import torch

from capsprobe.models.checkpoints import load_model
from capsprobe.study.foreseeing import foresee, seconds_a_pass
from capsprobe.study.running import plan_study
from capsprobe.study.settings import Settings


@pytest.fixture(scope="module")
def foreseen():
    chosen = {"linf": (0.1, 0.2), "l2": (1.0,), "budget": "standard", "limit": 5}
    settings = Settings(
        models=("cnn", "capsnet"),
        probes=("adversarial", "affine"),
        training_seeds=(0,),
        limit=8,
        probe_settings={"adversarial": chosen},
    )
    return foresee(plan_study(settings))


def test_each_budget_is_told_once_and_the_chosen_one_named(foreseen):
    assert [each.cost.budget for each in foreseen] == ["quick", "standard", "strong"]
    assert [each.cost.chosen for each in foreseen] == [False, True, False]
    assert {each.probe for each in foreseen} == {"adversarial"}


def test_a_larger_budget_costs_more_and_surviving_costs_more(foreseen):
    for name in ("least", "most"):
        passes = [getattr(each.cost, name) for each in foreseen]
        assert passes == sorted(passes) and passes[0] < passes[1] < passes[2]
        seconds = [getattr(each, name) for each in foreseen]
        assert seconds == sorted(seconds) and seconds[0] > 0.0
    assert all(each.cost.least < each.cost.most for each in foreseen)


def test_images_are_those_attacked_and_checkpoints_those_asked(foreseen):
    assert {each.cost.images for each in foreseen} == {5}
    assert {each.checkpoints for each in foreseen} == {2}


def test_timing_a_pass_leaves_the_network_as_found():
    network = load_model("cnn").train()
    wants = [each.requires_grad for each in network.parameters()]
    forward, backward = seconds_a_pass(network, torch.device("cpu"))
    assert forward > 0.0 and backward >= 0.0
    assert network.training and [each.requires_grad for each in network.parameters()] == wants
    assert all(each.grad is None for each in network.parameters())
