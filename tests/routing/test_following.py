import numpy as np
import pytest
import torch

from capsprobe.routing.base import routings
from capsprobe.routing.findings import Finding, joined
from capsprobe.routing.following import follow, follow_means
from capsprobe.routing.objective import centres_of
from capsprobe.routing.references import Start
from tests.routing.planted import isotropic, separated


def followed(votes, name="dynamic", iterations=10):
    found = follow(routings[name](votes, iterations=iterations), "rounds")
    return {(each.metric, each.iteration): each.values for each in found}


def test_planted_clusters_polarise_routing_and_lower_inertia_and_loss():
    found = followed(separated()[0])
    for metric, falls in (
        ("entropy", True),
        ("soft_inertia", True),
        ("clustering_loss", True),
        ("polarisation", False),
    ):
        first, last = found[metric, 1], found[metric, 10]
        assert ((last < first) if falls else (last > first)).all(), metric


def test_the_first_round_is_even_and_has_no_change():
    found = followed(isotropic(images=4))
    assert found["effective_parents", 1].tolist() == pytest.approx([5.0] * 4)
    assert ("logit_change", 1) not in found
    torch.testing.assert_close(found["kl_objective", 1], found["clustering_loss", 1])


@pytest.mark.parametrize("name", list(routings))
def test_every_routing_can_be_followed(name):
    for votes in (isotropic(images=3), torch.zeros(2, 4, 3, 5)):
        for (metric, _), values in followed(votes, name, iterations=3).items():
            assert not values.isnan().any(), metric
            assert metric == "kl_objective" or torch.isfinite(values).all(), metric


def test_k_means_starts_from_routings_first_centres_and_only_falls():
    votes = isotropic()
    first = torch.full(votes.shape[:3], 1.0 / votes.shape[2])
    start = Start(means=centres_of(votes, first), rng=np.random.default_rng(0), restarts=2)
    found = {
        (each.condition, each.iteration): each.values
        for each in follow_means(votes, start, "lloyd", iterations=5)
    }
    routed = followed(votes, iterations=1)["inertia", 1]
    course = torch.stack([found["lloyd/first-means", iteration] for iteration in range(1, 6)])
    assert (course[0] <= routed + 1e-6).all()
    assert (course[1:] <= course[:-1] + 1e-6).all()


def test_batches_are_joined_in_their_order():
    parts = [
        [Finding(condition="a", iteration=1, metric="m", values=torch.tensor([each]))]
        for each in (1.0, 2.0)
    ]
    (found,) = joined(parts)
    assert found.values.tolist() == [1.0, 2.0]
