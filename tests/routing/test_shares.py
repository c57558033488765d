import numpy as np
import pytest
import torch

from capsprobe.routing import shares
from capsprobe.routing.base import routings
from tests.oracles import clustering
from tests.routing.planted import isotropic

EVEN = torch.full((2, 6, 4), 0.25)
HARD = torch.eye(4)[[0, 0, 1, 1, 2, 2]].expand(2, -1, -1)
MIXED = torch.softmax(2.0 * torch.randn(2, 6, 4, generator=torch.Generator().manual_seed(0)), dim=2)


@pytest.mark.parametrize(
    ("number", "even", "hard"),
    [
        (shares.mean_entropy, np.log(4.0), 0.0),
        (shares.effective_parents, 4.0, 1.0),
        (shares.effective_clusters, 4.0, 3.0),
        (shares.polarisation, 0.0, 1.0),
        (shares.dead_parents, 0.0, 0.25),
    ],
)
def test_numbers_of_even_and_of_whole_shares(number, even, hard):
    for given, expected in ((EVEN, even), (HARD, hard)):
        assert number(given).tolist() == pytest.approx([expected] * 2, abs=1e-6)


def test_entropy_is_the_slow_one():
    for image, found in zip(MIXED, shares.mean_entropy(MIXED), strict=True):
        expected = np.mean([clustering.entropy(child) for child in image.double().numpy()])
        assert found.item() == pytest.approx(expected, rel=1e-5)


def test_divergence_is_the_slow_one_and_a_constant_has_none():
    found = shares.divergence(MIXED, MIXED.flip(0))
    expected = clustering.divergence(*MIXED.double().numpy())
    assert found.tolist() == pytest.approx([expected] * 2, rel=1e-4)
    assert shares.divergence(HARD, HARD.roll(1, dims=2)).tolist() == pytest.approx([1.0] * 2)
    assert shares.divergence(EVEN, EVEN).tolist() == [0.0, 0.0]


@pytest.mark.parametrize("name", list(routings))
def test_the_shares_of_every_routing_sum_to_one_over_parents(name):
    trace = routings[name](isotropic(images=3), iterations=4)
    for given, coefficients in zip(shares.shares_of(trace), trace.coefficients, strict=True):
        torch.testing.assert_close(given.sum(dim=2), torch.ones(given.shape[:2]))
        if trace.normalised == "parents":
            assert given is coefficients


def test_dividing_a_childs_coefficients_leaves_its_largest_where_it_is():
    weights = torch.softmax(MIXED, dim=1)
    assert torch.equal(shares.per_child(weights).argmax(dim=2), weights.argmax(dim=2))
    torch.testing.assert_close(shares.per_child(torch.zeros(1, 2, 4)), torch.full((1, 2, 4), 0.25))


def test_ties_fall_by_chance_and_nothing_else_does():
    rng = np.random.default_rng(0)
    assert torch.equal(shares.chosen(MIXED, rng), MIXED.argmax(dim=2))
    many = shares.chosen(torch.full((500, 10, 4), 0.25), rng)
    counts = torch.bincount(many.flatten(), minlength=4) / many.numel()
    torch.testing.assert_close(counts, torch.full((4,), 0.25), atol=0.02, rtol=0.0)
    tied = torch.tensor([[[0.4, 0.4, 0.2]]]).expand(200, 5, 3)
    assert set(shares.chosen(tied, rng).unique().tolist()) == {0, 1}


def test_one_parent_has_all_of_every_child():
    alone = torch.ones(2, 5, 1)
    assert shares.polarisation(alone).tolist() == [1.0, 1.0]
    assert shares.mean_entropy(alone).tolist() == [0.0, 0.0]
    assert shares.dead_parents(alone).tolist() == [0.0, 0.0]


def test_the_change_of_logits_is_a_mean_over_children_and_parents():
    assert (
        shares.logit_change(torch.zeros(1, 2, 2), torch.tensor([[[1.0, -3.0], [0.0, 0.0]]])) == 1.0
    )
