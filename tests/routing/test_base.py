import hypothesis.extra.numpy as arrays
import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given

from capsprobe.faults import UsageFault
from capsprobe.routing.base import MOST_ITERATIONS, check_iterations, length, squash
from tests.oracles.routing import squash as slow_squash

POSES = arrays.arrays(
    np.float64,
    arrays.array_shapes(min_dims=2, max_dims=2, max_side=6),
    elements=st.floats(-100.0, 100.0),
)


@given(POSES)
def test_squash_is_equation_1(poses):
    # Above the tiny number that keeps the gradient at zero finite.
    poses = np.where(np.abs(poses) < 1e-3, 0.0, poses)
    expected = np.stack([slow_squash(pose) for pose in poses])
    torch.testing.assert_close(squash(torch.from_numpy(poses)), torch.from_numpy(expected))


@given(POSES)
def test_squash_keeps_the_direction_and_ends_below_one(poses):
    pose = torch.from_numpy(poses)
    short = squash(pose)
    assert bool((short * pose >= 0.0).all())
    assert bool((length(short) < 1.0).all())


def test_squash_of_a_unit_vector_has_length_one_half():
    assert length(squash(torch.tensor([[0.6, 0.8]]))).item() == pytest.approx(0.5)


def test_squash_lengthens_with_its_input():
    norms = torch.logspace(-3, 2, 50, dtype=torch.float64)
    lengths = length(squash(norms[:, None] * torch.tensor([[0.6, 0.8]], dtype=torch.float64)))
    assert bool((lengths.diff() > 0.0).all())


@pytest.mark.parametrize("function", [squash, length])
def test_the_gradient_at_zero_is_finite(function):
    pose = torch.zeros(3, 4, requires_grad=True)
    function(pose).sum().backward()
    assert bool(torch.isfinite(pose.grad).all())


@pytest.mark.parametrize("iterations", [0, -1, MOST_ITERATIONS + 1, 1000])
def test_iterations_out_of_range_are_a_usage_fault(iterations):
    with pytest.raises(UsageFault, match=f"expected 1 to 100 routing iterations, got {iterations}"):
        check_iterations(iterations)
