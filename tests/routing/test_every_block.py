"""What holds for the fast path of every routing: it is the plain path, without the votes."""

import gc
import weakref

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from torch.utils._python_dispatch import TorchDispatchMode

from capsprobe import load_images, load_model
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
@given(shape=SHAPES, seed=SEEDS, iterations=st.integers(1, 10))
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
    children, weight = draw((3, 5, 2, 3, 2), 1, wants=True)
    assert torch.autograd.gradcheck(
        lambda u, w: blocks[name](u, w, parents=3, iterations=iterations), (children, weight)
    )


@pytest.mark.parametrize("iterations", [1, 3, 5])
def test_single_precision_is_near_procedure_1_in_double(iterations):
    children, weight = draw((2, 40, 8, 10, 16), 3, dtype=torch.float32)
    found = blocks["dynamic"](children, weight * 0.1, parents=10, iterations=iterations)
    votes = cast_votes(children.double(), weight.double() * 0.1, parents=10)
    expected = np.stack([route(image.numpy(), iterations)[0] for image in votes])
    np.testing.assert_allclose(found.double().numpy(), expected, atol=1e-5, rtol=0.0)


@pytest.fixture(scope="module")
def trained():
    """Children and weights that a network trained on digits has."""
    network = load_model("capsnet", dataset="digits", seed=0)
    with torch.no_grad():
        children = network.children_of(load_images("digits").limit(20).images)
    return children, network.votes.weight.detach()


@every_block
@pytest.mark.parametrize("iterations", range(1, 11))
def test_single_precision_is_near_the_plain_path_in_double(name, iterations, trained):
    children, weight = trained
    found = blocks[name](children, weight, parents=10, iterations=iterations)
    expected = plain(name, children.double(), weight.double(), 10, iterations)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found.double(), expected, atol=1e-5, rtol=0.0)


class Made(TorchDispatchMode):
    """Knows all tensors that operations make, without keeping any of them."""

    def __init__(self):
        super().__init__()
        self.made = []

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        made = function(*args, **(kwargs or {}))
        parts = made if isinstance(made, list | tuple) else (made,)
        self.made += [weakref.ref(part) for part in parts if isinstance(part, torch.Tensor)]
        return made

    def kept_bytes(self, *apart):
        """Return the bytes of what is still there, beside memory that belongs to others."""
        gc.collect()
        known = {other.untyped_storage().data_ptr() for other in apart}
        alive = [found.untyped_storage() for each in self.made if (found := each()) is not None]
        return sum(
            {
                each.data_ptr(): each.nbytes()
                for each in alive
                if each.nbytes() and each.data_ptr() not in known
            }.values()
        )


def kept_bytes(name, images, wants=True, iterations=3):
    """Return what a forward pass keeps beside its inputs and its output, and the bytes of both."""
    children, weight = draw((images, 12, 4, 3, 5), 0)
    along_images = children.permute(1, 2, 0).contiguous().permute(2, 0, 1)
    along_images.requires_grad_(wants)
    with Made() as seen:
        routed = blocks[name](along_images, weight, parents=3, iterations=iterations)
    assert routed.requires_grad == wants
    return seen.kept_bytes(along_images, weight, routed), weight.nbytes


@every_block
@pytest.mark.usefixtures("small_tiles")
def test_a_forward_pass_without_gradients_keeps_nothing(name):
    kept, _ = kept_bytes(name, 7, wants=False)
    assert kept == 0
    with torch.no_grad():
        children, weight = draw((7, 12, 4, 3, 5), 0, wants=True)
        with Made() as seen:
            routed = blocks[name](children, weight, parents=3, iterations=3)
        assert seen.kept_bytes(children, weight, routed) == 0
    assert seen.made


@every_block
@pytest.mark.usefixtures("small_tiles")
def test_for_a_backward_pass_little_is_kept(name):
    few, weight_bytes = kept_bytes(name, 4)
    many, _ = kept_bytes(name, 64)
    assert few <= weight_bytes + 8 * 4 * 3 * (5 + 1)
    # Of three iterations the inputs of the second, and one number a parent.
    allowed = {"dynamic": 8 * 3 * (5 + 1), "uniform": 8 * 3}.get(name, 0)
    assert many - few == 60 * allowed


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
