import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score

from capsprobe.routing.concordance import adjusted_mutual_information, adjusted_rand, contingency


def tables(one, other, clusters):
    return contingency(torch.from_numpy(one), torch.from_numpy(other), clusters=clusters)


@given(
    seed=st.integers(0, 10**6),
    children=st.integers(2, 90),
    clusters=st.integers(1, 12),
    same=st.floats(0.0, 1.0),
)
def test_both_indices_are_scikit_learns(seed, children, clusters, same):
    rng = np.random.default_rng(seed)
    one = rng.integers(clusters, size=(5, children))
    other = np.where(rng.random(one.shape) < same, one, rng.integers(clusters, size=one.shape))
    table = tables(one, other, clusters)
    for index, oracle in (
        (adjusted_rand, adjusted_rand_score),
        (adjusted_mutual_information, adjusted_mutual_info_score),
    ):
        expected = [oracle(a, b) for a, b in zip(one, other, strict=True)]
        np.testing.assert_allclose(index(table).numpy(), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("index", [adjusted_rand, adjusted_mutual_information])
def test_names_of_clusters_do_not_count(index):
    one = np.random.default_rng(0).integers(4, size=(6, 30))
    renamed = np.array([2, 0, 3, 1])[one]
    torch.testing.assert_close(index(tables(one, renamed, 4)), torch.ones(6, dtype=torch.float64))


@pytest.mark.parametrize("index", [adjusted_rand, adjusted_mutual_information])
def test_degenerate_clusterings_have_defined_indices(index):
    single, alone = np.zeros((1, 6), dtype=np.int64), np.arange(6)[None]
    halves = np.array([[0, 0, 0, 1, 1, 1]])
    for each in (single, alone, halves):
        assert index(tables(each, each, 6)).item() == 1.0
    for other in (alone, halves):
        assert index(tables(single, other, 6)).item() == pytest.approx(0.0, abs=1e-12)


def test_chance_gives_zero_on_average():
    rng = np.random.default_rng(0)
    one, other = (rng.integers(5, size=(4000, 40)) for _ in range(2))
    for index in (adjusted_rand, adjusted_mutual_information):
        assert index(tables(one, other, 5)).mean().item() == pytest.approx(0.0, abs=3e-3)
