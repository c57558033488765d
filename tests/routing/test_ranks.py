import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from capsprobe.routing.ranks import of_others, shuffled, spearman, variation


@given(seed=st.integers(0, 10**6), children=st.integers(3, 40), levels=st.integers(2, 50))
def test_the_correlation_is_scipys_with_ties_too(seed, children, levels):
    rng = np.random.default_rng(seed)
    one, other = (rng.integers(levels, size=(4, children)).astype(float) for _ in range(2))
    for found, a, b in zip(spearman(one, other), one, other, strict=True):
        if np.ptp(a) and np.ptp(b):
            assert found == pytest.approx(spearmanr(a, b).statistic, abs=1e-12)
        else:
            assert np.isnan(found)


def test_what_differs_by_rounding_alone_is_a_tie():
    even = np.full((1, 5), 0.1) + 1e-9 * np.arange(5)
    assert np.isnan(spearman(even, np.arange(5.0)[None])).all()


def test_variation_is_what_a_constant_leaves_over():
    rng = np.random.default_rng(0)
    constant = np.repeat(rng.normal(size=(1, 20)), 50, axis=0)
    free = rng.normal(size=(400, 20))
    assert variation(constant).tolist() == pytest.approx([0.0] * 50, abs=1e-9)
    assert variation(free).mean() == pytest.approx(1.0 - 1.0 / 400, abs=0.01)
    wide = rng.normal(size=(50, 2000))
    half = variation(np.repeat(rng.normal(size=(1, 2000)), 50, axis=0) + wide)
    assert half.mean() == pytest.approx(0.5, abs=0.05)
    assert np.isnan(variation(np.ones((3, 4)))).all()


def test_an_image_is_foretold_by_all_others():
    weights = np.random.default_rng(0).normal(size=(5, 3))
    np.testing.assert_allclose(of_others(weights)[2], weights[[0, 1, 3, 4]].mean(axis=0))
    assert np.isnan(of_others(weights[:1])).all()


def test_shuffling_keeps_each_images_weights():
    weights = np.random.default_rng(0).normal(size=(5, 30))
    moved = shuffled(weights, np.random.default_rng(1))
    np.testing.assert_array_equal(np.sort(moved, axis=1), np.sort(weights, axis=1))
    assert (moved != weights).mean() > 0.8
