"""The kernels, where there is no GPU under Triton's interpreter; and going on without them."""

import json
import logging
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from capsprobe.routing import gpu
from capsprobe.routing.dynamic import route_dynamic
from capsprobe.routing.fused import route_fused
from capsprobe.routing.plain import cast_votes
from capsprobe.routing.rounds import TiledRounds, Weights

SCRIPT = Path(__file__).with_name("interpreted.py")
GENERATOR = torch.Generator().manual_seed(0)
CHILDREN = torch.randn(5, 6, 4, generator=GENERATOR)
WEIGHT = torch.randn(6, 4, 3 * 8, generator=GENERATOR)


def compared(device, **environment):
    """What the script prints: an apart process for each way to run kernels."""
    paths = {"PYTHONPATH": os.pathsep.join([str(SCRIPT.parents[2]), *filter(None, sys.path)])}
    done = subprocess.run(
        [sys.executable, "-W", "error", str(SCRIPT), device],
        env={**os.environ, **paths, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def interpreted():
    if find_spec("triton") is None:
        pytest.skip("no Triton for this platform")
    return compared("cpu", TRITON_INTERPRET="1")


@pytest.fixture(scope="module")
def on_a_gpu():
    if not torch.cuda.is_available():
        pytest.skip("no GPU")
    return compared("cuda", TRITON_INTERPRET="0")


@pytest.fixture(params=["interpreted", "on_a_gpu"])
def found(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def as_if_on_a_gpu(monkeypatch):
    """Let weights pass for ones on a GPU, in a process that has not tried its kernels yet."""
    caches = (gpu._trusted, gpu._warn)
    for cache in caches:
        cache.cache_clear()
    monkeypatch.setattr(gpu, "_suits", lambda flat: True)
    yield monkeypatch
    for cache in caches:
        cache.cache_clear()


@pytest.mark.parametrize(
    "case",
    [
        "one child",
        "one parent",
        "one image",
        "one of all",
        "sizes that are no powers of two",
        *(f"the reference, {count} iteration{'s' * (count > 1)}" for count in range(1, 5)),
    ],
)
def test_kernels_route_as_tiles_do_and_so_do_their_gradients(found, case):
    # Single precision, its roundings grown over four iterations.
    assert max(found[case]) < 3e-5


@pytest.mark.parametrize("sizes", ["(8, 10, 16)", "(9, 20, 8)", "(2, 130, 16)", "(8, 32, 16)"])
def test_a_round_is_right_whatever_the_sizes_of_capsules(found, sizes):
    assert found[sizes] < 1e-5


def test_a_second_run_repeats_the_first(found):
    assert found["repeats"]


def test_reading_all_routings_imports_no_kernels(found):
    assert not found["kernels imported early"]


def test_single_precision_on_a_gpu_goes_by_kernels_and_double_by_tiles(on_a_gpu):
    assert on_a_gpu["chosen"] == "KernelRounds"
    assert on_a_gpu["chosen for double"] == "TiledRounds"


def test_weights_in_main_memory_go_by_tiles():
    assert gpu.rounds_for(Weights(WEIGHT, 3)) is TiledRounds


def test_kernels_that_compute_what_tiles_do_are_used(as_if_on_a_gpu):
    as_if_on_a_gpu.setattr(gpu, "largest_difference", lambda device, sizes: 1e-6)
    assert gpu.rounds_for(Weights(WEIGHT, 3)) is gpu.KernelRounds


def test_capsules_too_large_for_the_registers_go_by_tiles(as_if_on_a_gpu):
    as_if_on_a_gpu.setattr(gpu, "largest_difference", lambda device, sizes: 0.0)
    assert gpu.rounds_for(Weights(torch.zeros(2, 17, 8), 2)) is TiledRounds
    assert gpu.rounds_for(Weights(torch.zeros(2, 1, 1024 * 16), 1024)) is TiledRounds


def fail(device, sizes):
    raise RuntimeError("no compiler was found\nand more")


@pytest.mark.parametrize(
    ("trial", "cause"),
    [
        (fail, "RuntimeError: no compiler was found"),
        (lambda device, sizes: 1e-3, "got 1.0e-03"),
        (lambda device, sizes: float("nan"), "got nan"),
    ],
)
def test_without_working_kernels_routing_goes_on_and_warns_once(
    as_if_on_a_gpu, caplog, trial, cause
):
    as_if_on_a_gpu.setattr(gpu, "largest_difference", trial)
    plain = route_dynamic(cast_votes(CHILDREN, WEIGHT, parents=3), iterations=3).parents[-1]
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            routed = route_fused(CHILDREN, WEIGHT, parents=3, iterations=3)
            torch.testing.assert_close(routed, plain)
        route_fused(CHILDREN, WEIGHT, parents=6, iterations=3)
    (warning,) = caplog.messages
    assert cause in warning
    assert "and more" not in warning


@pytest.mark.parametrize("factor", [1.001, float("nan")])
def test_the_trial_sees_sums_that_are_wrong(monkeypatch, factor):
    class Wrong(TiledRounds):
        def sums(self, parents):
            return factor * super().sums(parents)

    def difference(rounds):
        monkeypatch.setattr(gpu, "KernelRounds", rounds)
        return gpu.largest_difference(torch.device("cpu"), gpu.Sizes(8, 10, 16))

    assert difference(TiledRounds) < 1e-5
    assert not difference(Wrong) <= 1e-4


def test_kernels_that_cannot_be_launched_are_no_error(as_if_on_a_gpu, caplog):
    # Weights in main memory: no driver takes them.
    with caplog.at_level(logging.WARNING):
        assert gpu.rounds_for(Weights(WEIGHT, 3)) is TiledRounds
    assert len(caplog.messages) == 1


@given(st.integers(1, 2000), st.integers(1, 2000), st.sampled_from([1, 58, 108, 132, 148]))
def test_there_are_slices_enough_to_fill_a_gpu_and_never_more_than_children(
    blocks, children, processors
):
    slices = gpu.slice_count(blocks, children, processors)
    assert 1 <= slices <= children
    assert slices == children or slices * blocks >= 8 * processors
    assert slices in (1, children) or slices >= processors or processors % slices == 0


def test_a_round_moves_its_tensors_once():
    children, weights, parents = torch.zeros(5, 6, 4), torch.zeros(6, 4, 24), torch.zeros(5, 3, 8)
    once = children.nbytes + weights.nbytes + parents.nbytes
    assert gpu.moved_bytes(5, 6, 4, 3, 8, 1) == once
    assert gpu.moved_bytes(5, 6, 4, 3, 8, 3) == 3 * once + 2 * parents.nbytes
