"""Batches fit the memory, and shrink where they do not."""

import pytest
import torch

from capsprobe.models import batches
from capsprobe.models.base import Frame, models
from capsprobe.models.batches import (
    batch_size_for,
    fitting,
    free_bytes,
    image_bytes,
    in_batches,
)
from capsprobe.models.inference import score

CPU = torch.device("cpu")
MIB = 2**20


def network(name="cnn", **frame):
    return models[name](Frame(**({"width": 8, "types": 2} | frame))).eval()


@pytest.mark.parametrize("name", ["cnn", "capsnet", "senet"])
def test_a_wider_network_keeps_more_for_an_image(name):
    # Twice the width is twice the maps, and the first layer's input is the same.
    narrow, wide = (image_bytes(network(name, width=width)) for width in (8, 16))
    assert 1.5 * narrow < wide < 2.5 * narrow


def test_what_is_kept_is_at_least_every_map_of_the_trunk():
    built = network()
    maps = 0
    image = torch.zeros(1, 1, 28, 28)
    for layer in built.trunk:
        image = layer(image)
        maps += image.numel() * 4 if isinstance(layer, torch.nn.Conv2d) else 0
    assert image_bytes(built) >= maps


def test_measuring_leaves_no_gradient():
    built = network()
    image_bytes(built)
    assert all(part.grad is None for part in built.parameters())


def test_what_torch_keeps_on_a_gpu_for_later_is_free(monkeypatch):
    told = {"mem_get_info": (50, 100), "memory_reserved": 30, "memory_allocated": 10}
    for name, value in told.items():
        monkeypatch.setattr(torch.cuda, name, lambda device, value=value: value)
    assert batches.free_bytes(torch.device("cuda")) == 50 + 30 - 10


@pytest.mark.parametrize("free", [10**12, 1])
def test_what_pays_does_not_depend_on_the_memory_at_hand(monkeypatch, free):
    monkeypatch.setattr(batches, "free_bytes", lambda device: free)
    assert batch_size_for(network(), CPU) == batches.MOST_ON_CPU
    assert batch_size_for(network(), torch.device("cuda")) == batches.MOST_ON_GPU


def test_a_large_network_gets_the_images_whose_two_passes_keep_what_they_may(monkeypatch):
    built = network()
    monkeypatch.setattr(batches, "_ALLOWED_ON_CPU", 2 * 40 * image_bytes(built))
    assert batch_size_for(built, CPU) == 32


@pytest.mark.parametrize(("free", "expected"), [(10**12, 128), (1, 1)])
def test_the_memory_decides_what_is_run_at_once(monkeypatch, caplog, free, expected):
    monkeypatch.setattr(batches, "free_bytes", lambda device: free)
    assert fitting(128, network(), CPU) == expected
    assert ("little memory" in caplog.text) == (expected < 128)


def test_half_of_the_memory_is_enough_for_two_passes(monkeypatch):
    built = network()
    monkeypatch.setattr(batches, "free_bytes", lambda device: 2 * 2 * 40 * image_bytes(built))
    assert fitting(128, built, CPU) == 32


def test_this_machine_has_memory_and_a_container_may_have_less(monkeypatch, tmp_path):
    assert free_bytes(CPU) > MIB
    (tmp_path / "memory.max").write_text(f"{64 * MIB}\n")
    (tmp_path / "memory.current").write_text(f"{60 * MIB}\n")
    monkeypatch.setattr(batches, "_CGROUP", tmp_path)
    assert free_bytes(CPU) == 4 * MIB
    (tmp_path / "memory.max").write_text("max\n")
    assert free_bytes(CPU) > 4 * MIB


def failing(largest, error):
    seen = []

    def compute(rows):
        seen.append(rows.stop - rows.start)
        if seen[-1] > largest:
            raise error
        return list(range(rows.start, rows.stop))

    return compute, seen


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 1 bytes"),
    ],
)
def test_where_memory_runs_out_batches_are_halved_and_nothing_is_lost(error, caplog):
    built = network()
    built.batch_size = 8
    compute, seen = failing(3, error)
    found = [row for _, part in in_batches(built, 20, compute) for row in part]
    assert found == list(range(20))
    assert seen == [8, 4, *[2] * 10] and built.batch_size == 2
    assert "out of memory; going on with 2 images at once" in caplog.text


@pytest.mark.parametrize(
    ("largest", "error"), [(0, torch.OutOfMemoryError("no")), (5, RuntimeError("something else"))]
)
def test_one_image_too_many_and_other_errors_are_raised(largest, error):
    built = network()
    built.batch_size = 8
    with pytest.raises(RuntimeError, match=str(error)):
        list(in_batches(built, 20, failing(largest, error)[0]))


def test_scores_do_not_depend_on_the_batch_size():
    built = network()
    images = torch.rand(11, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    whole = score(built, images)
    built.batch_size = 3
    torch.testing.assert_close(score(built, images), whole)
