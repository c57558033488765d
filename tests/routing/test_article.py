import pytest
import torch

from capsprobe.routing.article import route_article
from capsprobe.routing.base import squash
from capsprobe.routing.dynamic import agreement

VOTES = torch.randn(2, 5, 3, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


def test_one_iteration_sums_with_raw_logits_of_zero():
    trace = route_article(VOTES, iterations=1)
    assert not trace.logits[-1].any()
    assert not trace.parents[-1].any()


def test_two_iterations_weigh_votes_by_their_agreement_with_the_squashed_mean():
    trace = route_article(VOTES, iterations=2)
    mean = squash(VOTES.mean(dim=1))
    weights = agreement(VOTES, mean)
    torch.testing.assert_close(trace.parents[0], mean)
    torch.testing.assert_close(trace.parents[1], squash((weights.unsqueeze(3) * VOTES).sum(dim=1)))


@pytest.mark.parametrize("iterations", [2, 3, 7])
def test_each_parent_does_what_it_would_do_alone(iterations):
    together = route_article(VOTES, iterations=iterations).parents[-1]
    alone = [route_article(VOTES[:, :, j : j + 1], iterations=iterations) for j in range(3)]
    torch.testing.assert_close(together, torch.cat([trace.parents[-1] for trace in alone], dim=1))


def test_the_most_active_parent_is_that_of_the_sum_that_is_not_squashed():
    trace = route_article(VOTES, iterations=3)
    raw = (trace.logits[-1].unsqueeze(3) * VOTES).sum(dim=1).norm(dim=2)
    assert torch.equal(trace.parents[-1].norm(dim=2).argsort(dim=1), raw.argsort(dim=1))


def test_it_says_that_its_coefficients_sum_to_one_over_the_children():
    assert route_article(VOTES).normalised == "children"
