"""A routing followed round by round, and k-means beside it, by numbers that mean the same."""

from collections.abc import Iterator

import torch
from jaxtyping import Float
from torch import Tensor

from capsprobe.routing import objective, shares
from capsprobe.routing.base import RoutingTrace
from capsprobe.routing.findings import Finding
from capsprobe.routing.references import BY_PARENT, REFERENCES, SPHERICAL, Start
from capsprobe.shapes import COEFFICIENTS, VOTES


def follow(trace: RoutingTrace, condition: str) -> Iterator[Finding]:
    """Yield every number of every iteration of a trace; the round before the first is even."""
    given = shares.shares_of(trace)
    before = torch.full_like(given[0], 1.0 / given[0].shape[2])
    for place, now in enumerate(given):
        for metric, values in _numbers(trace, place, now, before):
            yield Finding(condition=condition, iteration=place + 1, metric=metric, values=values)
        before = now


def follow_means(
    votes: Float[Tensor, VOTES], start: Start, condition: str, *, iterations: int
) -> Iterator[Finding]:
    """Yield the inertia of k-means, a child, after each of its iterations."""
    for name in BY_PARENT:
        spherical = name.startswith(SPHERICAL)
        course = REFERENCES[name](votes, start).prolonged(iterations + 1)[1:]
        for iteration, inertia in enumerate(course / votes.shape[1], start=1):
            yield Finding(
                condition=f"{condition}/{name}",
                iteration=iteration,
                metric="spherical_inertia" if spherical else "inertia",
                values=inertia / 2.0 if spherical else inertia,
            )


def _numbers(
    trace: RoutingTrace,
    place: int,
    now: Float[Tensor, COEFFICIENTS],
    before: Float[Tensor, COEFFICIENTS],
) -> Iterator[tuple[str, Float[Tensor, " images"]]]:
    votes, parents = trace.votes, trace.parents[place]
    yield "entropy", shares.mean_entropy(now)
    yield "effective_parents", shares.effective_parents(now)
    yield "effective_clusters", shares.effective_clusters(now)
    yield "polarisation", shares.polarisation(now)
    yield "dead_parents", shares.dead_parents(now)
    if place > 0:
        yield "logit_change", shares.logit_change(trace.logits[place], trace.logits[place - 1])
    centres = objective.centres_of(votes, now)
    yield "inertia", objective.inertia(votes, centres)
    yield "soft_inertia", objective.soft_inertia(votes, centres, now)
    yield "spherical_inertia", objective.spherical_inertia(votes, centres)
    yield "clustering_loss", objective.clustering_loss(votes, parents, now)
    yield "kl_objective", objective.kl_objective(votes, parents, now, before)
