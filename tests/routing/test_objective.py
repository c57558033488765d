import pytest
import torch
from torch.nn.functional import cosine_similarity

from capsprobe.routing import objective
from capsprobe.routing.base import routings
from tests.oracles import clustering
from tests.routing.planted import isotropic, separated

VOTES = isotropic(images=3, children=7, parents=3, pose=4)
TRACE = routings["dynamic"](VOTES, iterations=3)


def test_loss_and_objective_are_the_slow_ones():
    now, before = TRACE.coefficients[2], TRACE.coefficients[1]
    found = (
        objective.clustering_loss(VOTES, TRACE.parents[2], now),
        objective.kl_objective(VOTES, TRACE.parents[2], now, before),
    )
    for image in range(len(VOTES)):
        parts = (VOTES, TRACE.parents[2], now, before)
        expected = clustering.objective(*(part[image].double().numpy() for part in parts))
        assert [each[image].item() for each in found] == pytest.approx(expected, rel=1e-4)


def test_routings_own_coefficients_lower_the_objective_most_for_given_parents():
    before, parents, now = TRACE.coefficients[1], TRACE.parents[1], TRACE.coefficients[2]
    least = objective.kl_objective(VOTES, parents, now, before)
    generator = torch.Generator().manual_seed(0)
    for _ in range(50):
        other = torch.log(now) + 0.1 * torch.randn(now.shape, generator=generator)
        assert (
            objective.kl_objective(VOTES, parents, torch.softmax(other, dim=2), before) > least
        ).all()


def test_the_divergence_from_what_had_no_share_is_infinite():
    now, before = torch.tensor([[[0.5, 0.5]]]), torch.tensor([[[1.0, 0.0]]])
    assert objective.relative_entropy(now, before).item() == torch.inf
    assert objective.relative_entropy(before, before).item() == 0.0


def test_whole_shares_make_centres_that_are_means_and_both_inertias_one():
    votes, planted = separated(images=3)
    shares = torch.nn.functional.one_hot(planted, 4).float()
    centres = objective.centres_of(votes, shares)
    mean = votes[1][planted[1] == 2, 2].mean(dim=0)
    torch.testing.assert_close(centres[1, 2], mean)
    torch.testing.assert_close(
        objective.inertia(votes, centres), objective.soft_inertia(votes, centres, shares)
    )


def test_spherical_inertia_is_one_minus_the_best_cosine():
    centres = objective.centres_of(VOTES, TRACE.coefficients[2])
    cosines = cosine_similarity(VOTES, centres.unsqueeze(1), dim=3)
    expected = (1.0 - cosines.amax(dim=2)).mean(dim=1)
    torch.testing.assert_close(objective.spherical_inertia(VOTES, centres), expected)


def test_zero_votes_have_defined_values():
    votes = torch.zeros(1, 4, 3, 2)
    shares, parents = torch.full((1, 4, 3), 1 / 3), torch.zeros(1, 3, 2)
    centres = objective.centres_of(votes, shares)
    assert objective.inertia(votes, centres).item() == 0.0
    assert objective.spherical_inertia(votes, centres).item() == 0.0
    assert objective.kl_objective(votes, parents, shares, shares).item() == 0.0
    assert torch.equal(objective.centres_of(votes, torch.zeros(1, 4, 3)), torch.zeros(1, 3, 2))
