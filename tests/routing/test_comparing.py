"""Truths that were planted, and votes in which there is nothing to find."""

from functools import partial

import numpy as np
import pytest
import torch

from capsprobe.routing.base import routings
from capsprobe.routing.comparing import compare, shuffle
from capsprobe.routing.concordance import adjusted_rand, contingency
from capsprobe.routing.objective import centres_of
from capsprobe.routing.references import BY_PARENT, REFERENCES, Start
from capsprobe.routing.shares import chosen, shares_of
from tests.routing.planted import isotropic, separated

DYNAMIC = routings["dynamic"]
ITERATIONS = 10


def compared(votes, routing=DYNAMIC, seed=0):
    found = compare(
        votes,
        routing,
        "here",
        iterations=ITERATIONS,
        restarts=4,
        rng=np.random.default_rng(seed),
    )
    return {(each.condition, each.metric, each.iteration): each.values for each in found}


def start_of(votes):
    first = DYNAMIC(votes, iterations=1).coefficients[0]
    return Start(means=centres_of(votes, first), rng=np.random.default_rng(0), restarts=8)


def rand(labels, planted):
    clusters = int(max(labels.max(), planted.max())) + 1
    return adjusted_rand(contingency(labels, planted, clusters=clusters)).mean().item()


@pytest.mark.parametrize("name", BY_PARENT)
def test_k_means_finds_planted_parents(name):
    votes, planted = separated()
    assert rand(REFERENCES[name](votes, start_of(votes)).labels, planted) > 0.95


def test_routing_finds_planted_parents_after_enough_rounds():
    votes, planted = separated()
    trace = DYNAMIC(votes, iterations=ITERATIONS)
    labels = chosen(shares_of(trace)[-1], np.random.default_rng(0))
    assert rand(labels, planted) > 0.95


@pytest.mark.parametrize("name", BY_PARENT)
def test_routing_concords_with_k_means_on_planted_votes_and_beats_every_null(name):
    found = compared(separated()[0])
    for index in ("ari", "ami"):
        last = {
            null: found[f"here/{name}", f"{index}{null}", ITERATIONS].mean().item()
            for null in ("", "_uniform", "_random", "_shuffled")
        }
        assert last[""] > 0.95
        assert last["_uniform"] == pytest.approx(0.0, abs=0.05)
        assert last["_random"] == pytest.approx(0.0, abs=0.05)
        assert last["_shuffled"] < last[""] - 0.1


@pytest.mark.parametrize("name", REFERENCES)
def test_on_votes_that_point_anywhere_concordance_is_that_of_shuffled_votes(name):
    found = compared(isotropic(images=200))
    apart = (
        found[f"here/{name}", "ari", ITERATIONS] - found[f"here/{name}", "ari_shuffled", ITERATIONS]
    )
    error = apart.std().item() / len(apart) ** 0.5
    assert abs(apart.mean().item()) < 3.0 * error


def test_before_the_first_preference_there_is_only_chance():
    found = compared(separated(images=100)[0])
    for name in REFERENCES:
        assert found[f"here/{name}", "ari", 1].mean().item() == pytest.approx(0.0, abs=0.02)


@pytest.mark.parametrize("name", ["first-means", "spherical-first-means"])
def test_a_permuted_order_of_children_changes_nothing(name):
    votes = separated()[0]
    order = torch.randperm(votes.shape[1], generator=torch.Generator().manual_seed(0))
    one, other = compared(votes), compared(votes[:, order])
    for metric in ("ari", "ami", "cosine", "cosine_winner"):
        torch.testing.assert_close(
            one[f"here/{name}", metric, ITERATIONS],
            other[f"here/{name}", metric, ITERATIONS],
            atol=1e-4,
            rtol=0.0,
        )


def test_shuffled_votes_are_the_same_votes_in_other_hands():
    votes = isotropic(images=4)
    shuffled = shuffle(votes, np.random.default_rng(0))
    torch.testing.assert_close(shuffled.mean(dim=1), votes.mean(dim=1))
    by_parent = votes.sum(dim=3).sort(dim=1).values
    torch.testing.assert_close(shuffled.sum(dim=3).sort(dim=1).values, by_parent)
    moved = (shuffled != votes).any(dim=3)
    assert moved.float().mean() > 0.9
    # Not the same children for two parents.
    assert (moved[:, :, 0] != moved[:, :, 1]).any()


@pytest.mark.parametrize(
    "votes",
    [
        torch.randn(3, 1, 4, 5, generator=torch.Generator().manual_seed(0)),
        torch.randn(3, 6, 1, 5, generator=torch.Generator().manual_seed(0)),
        torch.randn(3, 6, 1, 5).expand(3, 6, 4, 5),
        torch.ones(3, 6, 4, 5),
        torch.zeros(3, 6, 4, 5),
    ],
    ids=["one child", "one parent", "equal votes for all", "equal children", "zero"],
)
@pytest.mark.parametrize("name", ["dynamic", "article", "kmeans-hard", "uniform"])
def test_degenerate_votes_have_defined_results(votes, name):
    found = compared(votes, partial(routings[name]))
    assert found
    for values in found.values():
        assert torch.isfinite(values).all()
        assert (values.abs() <= 1.0 + 1e-9).all()
    if 1 in votes.shape[1:3]:
        assert (found["here/first-means", "ari", ITERATIONS] == 1.0).all()
