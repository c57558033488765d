"""Times are what the clock says, passes take turns, and nothing is left behind."""

import gc
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from capsprobe.faults import UsageFault
from capsprobe.models.base import Frame
from capsprobe.models.checkpoints import build
from capsprobe.models.timing import (
    LEAST_MS,
    forward_pass,
    learning,
    passes,
    reference,
    swapped_pass,
    training_pass,
    turns,
)
from tests.models.clocks import Clock

CPU = torch.device("cpu")
IMAGES = torch.rand(3, 1, 4, 4, generator=torch.Generator().manual_seed(0))
timed = partial(turns, repeats=10, seconds=1e6, device=CPU)


@pytest.fixture
def clock(monkeypatch):
    return Clock(monkeypatch)


def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(8, 3))


@pytest.mark.parametrize("takes", [0.5, 2.0, LEAST_MS, 700.0])
def test_a_pass_takes_what_the_clock_says(clock, takes):
    found = timed({"one": partial(clock.pass_by, takes)})
    np.testing.assert_allclose(found["one"], [takes] * 10)


@pytest.mark.parametrize(("takes", "calls"), [(2.0, 3), (2.6, 2), (4.9, 2), (5.1, 1), (99.0, 1)])
def test_passes_are_repeated_until_the_least_time_is_full(clock, takes, calls):
    called = []
    timed({"one": lambda: (called.append(1), clock.pass_by(takes))})
    assert len(called) == (1 + 10) * calls


def test_passes_take_turns_and_the_first_is_the_last_in_every_other_repeat(clock):
    order = []
    turns(
        {name: lambda name=name: (order.append(name), clock.pass_by(9.0)) for name in "abc"},
        repeats=4,
        seconds=1e6,
        device=CPU,
    )
    assert "".join(order) == "abc" + "abc" + "cba" + "abc" + "cba"


def test_a_machine_that_slows_down_slows_all_passes_alike(clock):
    # Each pass takes as long as it has become late: in turns, the means are the same.
    def run():
        clock.pass_by(10.0 + slope * clock.now)

    slope = 1e-6
    found = timed({"one": run, "other": run})
    assert found["one"].mean() == pytest.approx(found["other"].mean(), rel=1e-7)
    assert abs(found["one"][0] - found["other"][0]) > 1e-7 * found["one"][0]


@pytest.mark.parametrize(("seconds", "repeats"), [(1e-9, 3), (0.07, 4), (0.09, 5), (1e6, 10)])
def test_no_repeat_begins_when_the_seconds_are_over_but_three_there_are(clock, seconds, repeats):
    run = partial(clock.pass_by, 10.0)
    found = turns({"one": run, "other": run}, repeats=10, seconds=seconds, device=CPU)
    assert len(found["one"]) == len(found["other"]) == repeats


def test_what_an_accelerator_does_later_is_waited_for(clock, monkeypatch):
    # A call comes back at once; only who waits knows how long it took.
    monkeypatch.setattr(torch.cuda, "synchronize", lambda device: clock.pass_by(8.0))
    found = timed({"one": lambda: None}, device=torch.device("cuda"))
    np.testing.assert_allclose(found["one"], [8.0] * 10)


def test_the_garbage_collector_does_not_run_in_between_and_does_afterwards(clock):
    def run():
        assert not gc.isenabled()
        raise RuntimeError("inside")

    assert gc.isenabled()
    with pytest.raises(RuntimeError, match="inside"):
        timed({"one": run})
    assert gc.isenabled()


def test_a_training_pass_goes_back_to_images_and_weights_and_keeps_no_gradient():
    module = network()
    found = training_pass(module, IMAGES)()
    assert all(weight.grad is None for weight in module.parameters())
    images = IMAGES.clone().requires_grad_()
    module(images).sum().backward()
    expected = [images.grad, *(weight.grad for weight in module.parameters())]
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other)


def test_a_forward_pass_keeps_nothing_for_a_way_back():
    scores = forward_pass(network(), IMAGES)()
    assert scores.is_inference() and not scores.requires_grad


def test_what_has_no_gradient_cannot_be_trained():
    class Rounding(nn.Module):
        def forward(self, images):
            return images.detach().round()

    assert set(passes(network(), IMAGES)) == {"forward", "training"}
    assert set(passes(Rounding(), IMAGES)) == {"forward"}


def test_every_weight_wants_a_gradient_while_learning_and_those_of_before_after_an_error():
    module = network()
    module[0].requires_grad_(False)
    module.count = nn.Parameter(torch.zeros(1, dtype=torch.int64), requires_grad=False)
    before = [weight.requires_grad for weight in module.parameters()]
    with pytest.raises(RuntimeError, match="inside"), learning(module):
        assert all(w.requires_grad for w in module.parameters() if w.is_floating_point())
        raise RuntimeError("inside")
    assert [weight.requires_grad for weight in module.parameters()] == before


def test_a_swapped_pass_has_other_iterations_and_gives_the_own_back():
    routed = build("capsnet", Frame(width=8, types=2), seed=0, decoder=False)
    assert swapped_pass(lambda: routed.iterations, routed, 5)() == 5
    assert routed.iterations == 3
    with pytest.raises(UsageFault):
        swapped_pass(lambda: None, routed, 0)()
    assert routed.iterations == 3


def test_the_reference_is_always_the_same_and_depends_on_no_global_seed():
    one, state = reference(2, CPU)["forward"](), torch.get_rng_state()
    torch.manual_seed(1)
    other = reference(2, CPU)["forward"]()
    assert one.shape == (2, 48, 14, 14)
    assert torch.equal(one, other) and one.std() > 0.01
    assert not torch.equal(torch.get_rng_state(), state)
    again = torch.get_rng_state()
    reference(2, CPU)
    assert torch.equal(torch.get_rng_state(), again)


def test_the_reference_goes_back_to_images_and_weights():
    found = reference(2, CPU)["training"]()
    assert [tuple(each.shape) for each in found] == [(2, 48, 14, 14), (48, 48, 3, 3), (48,)]
