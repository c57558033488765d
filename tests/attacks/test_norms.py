import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from capsprobe.attacks.norms import check_epsilon, clip, sizes
from capsprobe.faults import UsageFault

SHAPES = hnp.array_shapes(min_dims=4, max_dims=4, max_side=5)
every_norm = pytest.mark.parametrize("norm", ["linf", "l2"])


def arrays(low, high):
    return hnp.arrays(np.float32, (3, 1, 4, 4), elements=st.floats(low, high, width=32))


@every_norm
@given(delta=arrays(-3.0, 3.0))
def test_sizes_equal_numpy(norm, delta):
    order = {"linf": np.inf, "l2": 2}[norm]
    expected = [np.linalg.norm(each.astype(np.float64).ravel(), order) for each in delta]
    np.testing.assert_allclose(sizes(torch.from_numpy(delta), norm).numpy(), expected, rtol=1e-12)


@every_norm
@given(clean=arrays(0.0, 1.0), raw=arrays(-3.0, 3.0), epsilon=st.floats(1e-3, 1.0))
def test_clipping_keeps_box_and_budget(norm, clean, raw, epsilon):
    clean, raw = torch.from_numpy(clean), torch.from_numpy(raw)
    found = clip(raw, clean, epsilon=epsilon, norm=norm)
    assert 0.0 <= found.min() and found.max() <= 1.0
    assert sizes(found - clean, norm).max() <= epsilon + 1e-6


@every_norm
@given(clean=arrays(0.0, 1.0), noise=arrays(-1.0, 1.0))
def test_what_is_within_budget_and_box_stays(norm, clean, noise):
    clean, noise = torch.from_numpy(clean), torch.from_numpy(noise)
    inside = (clean + 0.05 * noise).clamp(0.0, 1.0)
    torch.testing.assert_close(
        clip(inside, clean, epsilon=0.5, norm=norm), inside, atol=1e-6, rtol=0.0
    )


@pytest.mark.parametrize(("norm", "largest"), [("linf", 1.0), ("l2", 28.0)])
def test_the_largest_epsilon_fills_the_box(norm, largest):
    check_epsilon(largest, norm=norm, pixels=784)
    for epsilon in (0.0, -1.0, 1.01 * largest, float("nan"), float("inf")):
        with pytest.raises(UsageFault, match=f"{norm} epsilon in"):
            check_epsilon(epsilon, norm=norm, pixels=784)
