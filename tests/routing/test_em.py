import pytest
import torch
from scipy import stats

from capsprobe.routing.em import (
    LEAST_VARIANCE,
    activation_logits,
    log_densities,
    maximise,
    route_em,
)

VOTES = torch.randn(2, 6, 3, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
EVEN = torch.zeros(2, 6, 3, dtype=torch.float64)


def test_the_first_gaussians_are_those_of_all_votes():
    fitted = maximise(VOTES, EVEN)
    torch.testing.assert_close(fitted.means, VOTES.mean(dim=1))
    torch.testing.assert_close(fitted.variances, VOTES.var(dim=1, correction=0) + LEAST_VARIANCE)
    torch.testing.assert_close(fitted.mass, torch.full((2, 3), 2.0, dtype=torch.float64))


def test_the_densities_differ_between_parents_as_scipys_do():
    fitted = maximise(VOTES, EVEN)
    found = log_densities(VOTES, fitted)[0, 1]
    expected = torch.tensor(
        [
            stats.norm.logpdf(
                VOTES[0, 1, j].numpy(),
                fitted.means[0, j].numpy(),
                fitted.variances[0, j].sqrt().numpy(),
            ).sum()
            for j in range(3)
        ]
    )
    torch.testing.assert_close(found.diff(), expected.diff())


@pytest.mark.parametrize(("beta_u", "beta_a"), [(0.0, 0.0), (1.5, -0.5)])
def test_the_activation_is_the_papers_at_its_inverse_temperature(beta_u, beta_a):
    fitted = maximise(VOTES, EVEN)
    terms = 6 * 4 / 3
    inverse_temperature = 0.75 / terms
    deviations = fitted.variances.sqrt()
    costs = (beta_u + torch.log(deviations)) * fitted.mass.unsqueeze(2)
    expected = inverse_temperature * (terms * beta_a - costs.sum(dim=2))
    found = activation_logits(fitted, VOTES, warmth=0.75, beta_u=beta_u, beta_a=beta_a)
    torch.testing.assert_close(found, expected)


def test_a_parent_whose_coefficients_all_underflow_still_has_a_mean():
    logits = EVEN.clone()
    logits[..., 0] = -1e5
    fitted = maximise(VOTES, logits)
    assert not fitted.mass[:, 0].any()
    torch.testing.assert_close(fitted.means[:, 0], VOTES[:, :, 0].mean(dim=1))


def test_votes_that_agree_win_over_votes_that_do_not():
    votes = VOTES.clone()
    votes[:, :, 1] = 1.0 + 0.01 * votes[:, :, 1]
    lengths = route_em(votes, iterations=3).parents[-1].norm(dim=2)
    assert lengths.argmax(dim=1).tolist() == [1, 1]


def test_the_betas_move_the_activations_as_they_should():
    plain, dearer, prior = (
        route_em(VOTES, iterations=1, beta_u=u, beta_a=a).parents[-1].norm(dim=2)
        for u, a in ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0))
    )
    assert bool((dearer < plain).all())
    assert bool((prior > plain).all())


def test_one_beta_a_parent_is_taken_parent_by_parent():
    betas = torch.tensor([0.0, 5.0, -5.0])
    lengths = route_em(VOTES.float(), iterations=1, beta_a=betas).parents[-1].norm(dim=2)
    assert lengths.argsort(dim=1).tolist() == [[2, 0, 1]] * 2


def test_single_precision_in_is_single_precision_out():
    trace = route_em(VOTES.float(), iterations=2)
    parts = (*trace.logits, *trace.coefficients, *trace.parents)
    assert {part.dtype for part in parts} == {torch.float32}
