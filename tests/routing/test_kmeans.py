import numpy as np
import pytest
import torch
from sklearn.cluster import KMeans

from capsprobe.routing.kmeans import route_kmeans, route_kmeans_hard
from capsprobe.routing.kmeans_spherical import (
    route_kmeans_spherical,
    route_kmeans_spherical_hard,
)
from capsprobe.routing.means import nearness, weighted_means, wholly

SOFT = [route_kmeans, route_kmeans_spherical]
HARD = [route_kmeans_hard, route_kmeans_spherical_hard]


def clusters():
    """Return votes of 12 children; each parent sees four of them together, the rest scattered."""
    generator = torch.Generator().manual_seed(0)
    votes = 2.0 * torch.randn(1, 12, 3, 5, generator=generator, dtype=torch.float64)
    centres = torch.randn(3, 5, generator=generator, dtype=torch.float64) * 0.5
    for parent in range(3):
        members = slice(4 * parent, 4 * parent + 4)
        votes[:, members, parent] = centres[parent] + 0.02 * votes[:, members, parent]
    return votes


@pytest.mark.parametrize("routing", [*SOFT, *HARD])
def test_the_first_iteration_is_uniform_routing(routing):
    votes = clusters()
    assert torch.equal(
        routing(votes, iterations=1).parents[-1], routing(votes, iterations=5).parents[0]
    )
    torch.testing.assert_close(
        routing(votes, iterations=1).coefficients[0], torch.full((1, 12, 3), 1 / 3).double()
    )


@pytest.mark.parametrize("routing", [*SOFT, *HARD])
def test_children_go_to_the_parent_that_sees_them_together(routing):
    last = routing(clusters(), iterations=10).coefficients[-1]
    assert last[0].argmax(dim=1).tolist() == [0] * 4 + [1] * 4 + [2] * 4


@pytest.mark.parametrize(
    ("soft", "hard"),
    [(route_kmeans, route_kmeans_hard), (route_kmeans_spherical, route_kmeans_spherical_hard)],
)
def test_hard_is_soft_at_a_low_temperature(soft, hard):
    found = soft(clusters(), iterations=4, temperature=1e-4).coefficients[-1]
    torch.testing.assert_close(found, hard(clusters(), iterations=4).coefficients[-1])


def test_a_higher_temperature_shares_more_evenly():
    cold, warm = (
        route_kmeans(clusters(), temperature=t).coefficients[-1].amax(dim=2).mean()
        for t in (1.0, 10.0)
    )
    assert warm < cold


@pytest.mark.parametrize("seed", range(20))
def test_from_the_same_means_on_shared_points_a_step_is_scikit_learns(seed):
    generator = np.random.default_rng(seed)
    points, starts = generator.normal(size=(30, 4)), generator.normal(size=(3, 4))
    fitted = KMeans(3, init=starts, n_init=1, max_iter=300, tol=0.0, algorithm="lloyd").fit(points)
    votes = torch.from_numpy(points)[None, :, None].expand(1, 30, 3, 4)
    means = torch.from_numpy(starts)[None]
    for _ in range(fitted.n_iter_):
        means = weighted_means(votes, wholly(nearness(votes, means)), means)
    np.testing.assert_allclose(means[0].numpy(), fitted.cluster_centers_, atol=1e-10)


@pytest.mark.parametrize("routing", [route_kmeans_spherical, route_kmeans_spherical_hard])
def test_spherical_coefficients_do_not_see_the_lengths_of_votes(routing):
    votes = clusters()
    longer = votes * torch.linspace(0.1, 10.0, 12, dtype=torch.float64)[None, :, None, None]
    torch.testing.assert_close(
        routing(longer, iterations=4).coefficients[-1],
        routing(votes, iterations=4).coefficients[-1],
    )
