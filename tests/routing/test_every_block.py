"""What holds for the fast path of every routing: it is the plain path, without the votes."""

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from torch.utils._python_dispatch import TorchDispatchMode

from capsprobe.faults import UsageFault
from capsprobe.routing import tiles
from capsprobe.routing.base import blocks, routings
from capsprobe.routing.plain import cast_votes, route_plain
from tests.oracles.routing import route

every_block = pytest.mark.parametrize("name", list(blocks))
SHAPES = st.tuples(
    st.integers(1, 5), st.integers(1, 9), st.integers(1, 4), st.integers(1, 4), st.integers(1, 5)
)
SEEDS = st.integers(0, 2**32 - 1)


def draw(shape, seed, dtype=torch.float64, wants=False):
    """Return children and weights for (images, children, child pose, parents, pose)."""
    images, children, child_pose, parents, pose = shape
    generator = np.random.default_rng(seed)
    return tuple(
        torch.from_numpy(generator.normal(size=size)).to(dtype).requires_grad_(wants)
        for size in ((images, children, child_pose), (children, child_pose, parents * pose))
    )


def plain(name, children, weight, parents, iterations):
    votes = cast_votes(children, weight, parents=parents)
    return routings[name](votes, iterations=iterations).parents[-1]


@pytest.fixture
def small_tiles(monkeypatch):
    """Make the cache so small that every sum runs over several tiles."""
    monkeypatch.setattr(tiles, "cache_bytes", lambda device: 600)
    monkeypatch.setattr(tiles, "IMAGES_AT_ONCE", 2)


@every_block
@pytest.mark.usefixtures("small_tiles")
@settings(max_examples=25)
@given(shape=SHAPES, seed=SEEDS, iterations=st.integers(1, 5))
def test_it_is_the_plain_path(name, shape, seed, iterations):
    children, weight = draw(shape, seed)
    found = blocks[name](children, weight, parents=shape[3], iterations=iterations)
    expected = plain(name, children, weight, shape[3], iterations)
    torch.testing.assert_close(found, expected, atol=1e-10, rtol=1e-8)


@every_block
@pytest.mark.usefixtures("small_tiles")
@settings(max_examples=25)
@given(shape=SHAPES, seed=SEEDS, iterations=st.integers(1, 4))
def test_its_gradients_are_those_of_the_plain_path(name, shape, seed, iterations):
    children, weight = draw(shape, seed, wants=True)
    cotangent = torch.from_numpy(
        np.random.default_rng(seed).normal(size=(shape[0], shape[3], shape[4]))
    )
    grads = []
    for compute in (
        lambda: blocks[name](children, weight, parents=shape[3], iterations=iterations),
        lambda: plain(name, children, weight, shape[3], iterations),
    ):
        grads.append(torch.autograd.grad((compute() * cotangent).sum(), (children, weight)))
    for mine, expected in zip(*grads, strict=True):
        torch.testing.assert_close(mine, expected, atol=1e-9, rtol=1e-7)


@every_block
@pytest.mark.usefixtures("small_tiles")
@pytest.mark.parametrize("iterations", [1, 2, 3, 5])
def test_gradients_are_numerically_right(name, iterations):
    children, weight = draw((3, 5, 3, 4, 2), 1, wants=True)
    assert torch.autograd.gradcheck(
        lambda u, w: blocks[name](u, w, parents=4, iterations=iterations), (children, weight)
    )


@pytest.mark.parametrize("iterations", [1, 3, 5])
def test_single_precision_is_near_procedure_1_in_double(iterations):
    children, weight = draw((2, 40, 8, 10, 16), 3, dtype=torch.float32)
    found = blocks["dynamic"](children, weight * 0.1, parents=10, iterations=iterations)
    votes = cast_votes(children.double(), weight.double() * 0.1, parents=10)
    expected = np.stack([route(image.numpy(), iterations)[0] for image in votes])
    np.testing.assert_allclose(found.double().numpy(), expected, atol=1e-5, rtol=0.0)


class Largest(TorchDispatchMode):
    """Notes how many numbers the largest tensor has that any operation makes."""

    numbers = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        made = function(*args, **(kwargs or {}))
        if isinstance(made, torch.Tensor):
            self.numbers = max(self.numbers, made.numel())
        return made


@every_block
@pytest.mark.parametrize("images", [64, 512])
def test_the_votes_are_never_held(name, images, monkeypatch):
    monkeypatch.setattr(tiles, "cache_bytes", lambda device: 2**16)
    children, weight = draw((images, 96, 8, 10, 16), 0, dtype=torch.float32)
    children.requires_grad_()
    with Largest() as seen:
        routed = blocks[name](children, weight, parents=10, iterations=3)
        torch.autograd.grad(routed.sum(), children)
    inputs = max(children.numel(), weight.numel())
    assert seen.numbers <= inputs
    assert images * 96 * 160 > 2 * inputs


@every_block
def test_gradients_by_the_weights_are_computed_only_where_wanted(name, monkeypatch):
    children, weight = draw((4, 6, 3, 4, 2), 0)
    children.requires_grad_()
    blocks[name](children, weight, parents=4, iterations=3).sum().backward()
    assert children.grad is not None and weight.grad is None


@every_block
def test_no_image_is_an_answer_for_no_image(name):
    children, weight = draw((2, 6, 3, 4, 2), 0)
    assert blocks[name](children[:0], weight, parents=4, iterations=3).shape == (0, 4, 2)


@every_block
def test_iterations_out_of_range_are_a_usage_fault(name):
    children, weight = draw((2, 6, 3, 4, 2), 0)
    with pytest.raises(UsageFault, match="got 0"):
        blocks[name](children, weight, parents=4, iterations=0)


@every_block
def test_children_of_nothing_have_finite_gradients(name):
    children, weight = draw((2, 6, 3, 4, 2), 0)
    children = torch.zeros_like(children).requires_grad_()
    blocks[name](children, weight, parents=4, iterations=3).sum().backward()
    assert bool(torch.isfinite(children.grad).all())


@pytest.mark.parametrize("name", list(routings))
def test_any_routing_can_run_over_few_images_at_a_time(name, monkeypatch):
    monkeypatch.setattr(tiles, "IMAGES_AT_ONCE", 2)
    children, weight = draw((5, 6, 3, 4, 2), 0, wants=True)
    grads = []
    for compute in (
        lambda: route_plain(routings[name], children, weight, parents=4, iterations=2),
        lambda: plain(name, children, weight, 4, 2),
    ):
        routed = compute()
        grads.append((routed, *torch.autograd.grad(routed.square().sum(), (children, weight))))
    for mine, expected in zip(*grads, strict=True):
        torch.testing.assert_close(mine, expected)
