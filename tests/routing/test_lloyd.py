import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.cluster import KMeans

from capsprobe.routing.base import unit
from capsprobe.routing.lloyd import lloyd, scatter, to_direction, to_mean
from capsprobe.routing.points import ByParent, Shared
from tests.oracles import clustering
from tests.routing.planted import isotropic, separated

SETS = 200


def vote_sets():
    """Half of them without clusters, half with, as many points as a compact network's children."""
    clustered, _ = separated(images=SETS // 2, children=80, parents=4, pose=16)
    return torch.cat([isotropic(SETS // 2, 80, 1, 16)[:, :, 0], clustered[:, :, 0]])


def by_sklearn(points, starts):
    found = [
        KMeans(len(start), init=start, n_init=1, tol=0, max_iter=300).fit(each)
        for each, start in zip(points.numpy(), starts.numpy(), strict=True)
    ]
    return np.array([each.inertia_ for each in found])


def test_inertia_is_scikit_learns_from_the_same_starts_on_200_vote_sets():
    points = vote_sets()
    starts = scatter(Shared(points), 10, np.random.default_rng(0))
    found = lloyd(Shared(points), starts)
    np.testing.assert_allclose(found.inertia.numpy(), by_sklearn(points, starts), rtol=1e-3)


def test_empty_clusters_are_filled_as_in_scikit_learn():
    points = vote_sets()[::4]
    starts = scatter(Shared(points), 10, np.random.default_rng(1))
    starts[:, 3:6] = 50.0 + torch.arange(3.0)[:, None]
    found = lloyd(Shared(points), starts)
    np.testing.assert_allclose(found.inertia.numpy(), by_sklearn(points, starts), rtol=1e-3)
    assert all(len(row.unique()) == 10 for row in found.labels)


def test_parent_by_parent_is_the_slow_oracle():
    votes = isotropic(images=6, children=30, parents=3)
    starts = votes.mean(dim=1)
    found = lloyd(ByParent(votes), starts)
    for image in range(len(votes)):
        labels, inertia = clustering.lloyd(votes[image].numpy(), starts[image].numpy())
        assert found.labels[image].tolist() == labels
        assert found.inertia[image].item() == pytest.approx(inertia, rel=1e-5)


def test_equal_votes_for_all_parents_make_it_ordinary_k_means():
    points = vote_sets()[:40]
    starts = scatter(Shared(points), 5, np.random.default_rng(0))
    votes = points.unsqueeze(2).expand(-1, -1, 5, -1)
    one, other = lloyd(Shared(points), starts), lloyd(ByParent(votes), starts)
    torch.testing.assert_close(one.inertia, other.inertia)
    assert torch.equal(one.labels, other.labels)


@given(seed=st.integers(0, 10**6), clusters=st.integers(1, 6), children=st.integers(6, 20))
def test_inertia_never_rises_and_a_permuted_order_changes_nothing(seed, clusters, children):
    rng = np.random.default_rng(seed)
    points = torch.from_numpy(rng.normal(size=(3, children, 4)))
    starts = scatter(Shared(points), clusters, rng)
    found = lloyd(Shared(points), starts)
    assert (found.course[1:] <= found.course[:-1] + 1e-9).all()
    order = torch.from_numpy(rng.permutation(children))
    again = lloyd(Shared(points[:, order]), starts)
    assert torch.equal(again.labels, found.labels[:, order])
    torch.testing.assert_close(again.inertia, found.inertia)


def test_each_set_is_clustered_by_itself():
    votes = isotropic(images=20)
    starts = votes.mean(dim=1)
    together = lloyd(ByParent(votes), starts)
    for image in (0, 7, 19):
        few = slice(image, image + 1)
        alone = lloyd(ByParent(votes[few]), starts[few])
        assert torch.equal(alone.labels, together.labels[few])


def test_angles_know_no_lengths():
    votes = isotropic()
    starts = unit(votes.mean(dim=1))
    scaled = votes * (0.5 + torch.rand(votes.shape[:3], generator=torch.Generator()))[..., None]
    one, other = (
        lloyd(ByParent(unit(each)), starts, settle=to_direction) for each in (votes, scaled)
    )
    assert (one.labels == other.labels).float().mean() > 0.999
    torch.testing.assert_close(one.centres.norm(dim=2), torch.ones(one.centres.shape[:2]))


@pytest.mark.parametrize(
    "points",
    [torch.zeros(2, 5, 3), torch.ones(2, 5, 3), torch.ones(2, 1, 3), torch.eye(3).expand(2, 3, 3)],
    ids=["zero", "equal", "one", "as many as clusters"],
)
def test_degenerate_sets_have_defined_clusterings(points):
    for settle, each in ((to_mean, points), (to_direction, unit(points))):
        starts = scatter(Shared(each), 3, np.random.default_rng(0))
        found = lloyd(Shared(each), starts, settle=settle)
        assert torch.isfinite(found.centres).all()
        torch.testing.assert_close(found.inertia, torch.zeros(2), atol=1e-5, rtol=0.0)


def test_stopped_early_it_says_how_far_it_came():
    votes = isotropic()
    whole = lloyd(ByParent(votes), votes.mean(dim=1))
    early = lloyd(ByParent(votes), votes.mean(dim=1), iterations=2)
    torch.testing.assert_close(early.course, whole.course[:3])
    assert (early.inertia > whole.inertia).any()
    assert len(whole.prolonged(100)) == 100
    torch.testing.assert_close(whole.prolonged(100)[-1], whole.inertia)


def test_starts_by_chance_are_points_far_apart():
    points = vote_sets()[SETS // 2 :]
    starts = scatter(Shared(points), 4, np.random.default_rng(0))
    apart = (starts.unsqueeze(2) - points.unsqueeze(1)).norm(dim=3)
    assert (apart.amin(dim=2) == 0.0).all()
    at_random = points[:, :4]
    inertia = [lloyd(Shared(points), each, iterations=0).inertia for each in (starts, at_random)]
    assert inertia[0].mean() < inertia[1].mean()
    again = scatter(Shared(points), 4, np.random.default_rng(0))
    assert torch.equal(starts, again)


def test_a_parents_start_is_a_child_as_that_parent_sees_it():
    votes = isotropic(images=3)
    starts = scatter(ByParent(votes), 5, np.random.default_rng(0))
    apart = (votes - starts.unsqueeze(1)).norm(dim=3)
    assert (apart.amin(dim=1) == 0.0).all()
