"""The most memory that a pass holds, by hand and beside what torch's allocator saw."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from capsprobe.models.base import Frame
from capsprobe.models.checkpoints import build
from capsprobe.models.folding import fold
from capsprobe.models.memory import peak_bytes
from capsprobe.models.timing import forward_pass, passes, training_pass

CPU = torch.device("cpu")
FLOAT = 4
sizes = st.integers(1, 9)


def forward(module, images):
    return peak_bytes(forward_pass(module, images), CPU)


def training(module, images):
    return peak_bytes(training_pass(module, images), CPU)


@given(images=sizes, features=sizes, classes=sizes)
def test_a_linear_layer_by_hand(images, features, classes):
    layer, batch = nn.Linear(features, classes), torch.rand(images, 1, 1, features)
    scores = images * classes
    assert forward(layer, batch) == FLOAT * scores
    # First the scores and their sum. These gone, the sum, its gradient, and that of all else.
    gradients = images * features + classes * features + classes
    assert training(layer, batch) == FLOAT * max(scores + 1, 1 + 1 + gradients)


@given(images=sizes, channels=sizes)
def test_a_convolution_by_hand(images, channels):
    layer, batch = nn.Conv2d(1, channels, 3), torch.rand(images, 1, 6, 6)
    maps = images * channels * 4 * 4
    assert forward(layer, batch) == FLOAT * maps
    gradients = images * 36 + channels * 9 + channels
    assert training(layer, batch) == FLOAT * max(maps + 1, 1 + 1 + gradients)


@pytest.mark.parametrize(("inplace", "maps"), [(False, 2), (True, 1)])
def test_what_is_changed_in_its_place_is_held_once(inplace, maps):
    module = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(inplace=inplace))
    assert forward(module, torch.rand(5, 1, 6, 6)) == FLOAT * maps * 5 * 2 * 16


def test_a_chain_holds_two_links_forward_and_all_of_them_for_the_way_back():
    chain, size = nn.Sequential(*(nn.Sigmoid() for _ in range(6))), 7 * 16
    images = torch.rand(7, 1, 4, 4)
    assert forward(chain, images) == FLOAT * 2 * size
    # Six links, their sum, its gradient, and the last link's gradient.
    assert training(chain, images) == FLOAT * (6 * size + 1 + 1 + size)


def test_views_and_what_is_given_cost_nothing():
    images = torch.rand(5, 1, 6, 6)
    assert peak_bytes(lambda: images.flatten(1).unflatten(1, (6, 6)), CPU) == 0
    assert peak_bytes(lambda: images.mul_(0.5).add_(1.0), CPU) == 0


def test_what_is_gone_before_the_peak_is_not_counted():
    def run():
        for size in (300, 1000, 200):
            torch.zeros(size)

    assert peak_bytes(run, CPU) == FLOAT * 1000


def test_a_hundred_times_the_same_memory_is_one_time():
    # A freed address is given out again; it must count as new memory, not as what was given.
    assert peak_bytes(lambda: [torch.ones(50).sum().item() for _ in range(100)], CPU) == (
        FLOAT * (50 + 1)
    )


def test_many_tensors_at_once_and_taken_together_are_counted():
    # Three parts are views of one memory, and what is made of them is another.
    def run():
        return torch.cat(torch.ones(12).split(4))

    assert peak_bytes(run, CPU) == FLOAT * (12 + 12)


def test_an_error_passes_and_nothing_is_counted_after_it():
    def run():
        raise RuntimeError("inside")

    with pytest.raises(RuntimeError, match="inside"):
        peak_bytes(run, CPU)
    assert peak_bytes(lambda: torch.zeros(3), CPU) == FLOAT * 3


@pytest.mark.parametrize("name", ["cnn", "senet", "capsnet", "capsnet-em"])
def test_torchs_allocator_saw_as_much_and_not_much_more(name):
    # As a study lays it out, and as wide as it is: kernels take more beside a few channels.
    network = fold(build(name, Frame(), seed=0, decoder=False).eval())
    network = network.to(memory_format=torch.channels_last)
    for run in passes(network, torch.rand(32, 1, 28, 28)).values():
        ours, seen = peak_bytes(run, CPU), _seen_by_the_allocator(run)
        assert ours <= seen <= 1.5 * ours
        assert peak_bytes(run, CPU) == ours


def test_on_a_gpu_it_is_the_allocators_mark_above_what_was_there(monkeypatch):
    held, mark = [70], [10_000]

    def run():
        # The first pass leaves a workspace of 500 behind; each holds 30 for a while.
        held[0] = max(held[0], 570)
        mark[0] = max(mark[0], held[0] + 30)

    fakes = {
        "synchronize": lambda device: None,
        "memory_allocated": lambda device: held[0],
        "reset_peak_memory_stats": lambda device: mark.__setitem__(0, held[0]),
        "max_memory_allocated": lambda device: mark[0],
    }
    for name, fake in fakes.items():
        monkeypatch.setattr(torch.cuda, name, fake)
    assert peak_bytes(run, torch.device("cuda")) == 30


def _seen_by_the_allocator(run):
    with torch.profiler.profile(
        activities=[torch.profiler.ProfilerActivity.CPU], profile_memory=True
    ) as profile:
        run()
    held, most = 0, 0
    for event in profile.profiler.kineto_results.events():
        if event.name() == "[memory]":
            held += event.nbytes()
            most = max(most, held)
    return most
