"""The k-means clusterings that a routing of the same votes is set beside.

A child casts one vote for each parent, so "the same votes" can mean two things. Parent by parent,
a child lies at its vote for each parent, and clusters are parents; routing's first means are a
start that gives k-means the same knowledge, k-means++ one that owes routing nothing. Laid side by
side, a child's votes are one long point, and clusters belong to no parent: what anybody would do
who was told to cluster the children. Each by distances and by angles.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from capsprobe.routing.base import unit
from capsprobe.routing.lloyd import Clusters, Settle, lloyd, scatter, to_direction, to_mean
from capsprobe.routing.points import ByParent, Points, Shared
from capsprobe.shapes import PARENTS, VOTES

SPHERICAL = "spherical-"


@dataclass(frozen=True, kw_only=True)
class Start:
    """What a clustering may start from: routing's first means, or chance, so many times."""

    means: Float[Tensor, PARENTS]
    rng: np.random.Generator
    restarts: int


Cluster = Callable[[Float[Tensor, VOTES], Start], Clusters]


def from_first_means(votes: Float[Tensor, VOTES], start: Start) -> Clusters:
    """Return k-means, parent by parent, from routing's first means."""
    return lloyd(ByParent(votes), start.means)


def from_scatter(votes: Float[Tensor, VOTES], start: Start) -> Clusters:
    """Return k-means, parent by parent, from k-means++."""
    return _best(ByParent(votes), votes.shape[2], start, to_mean)


def of_concatenated(votes: Float[Tensor, VOTES], start: Start) -> Clusters:
    """Return ordinary k-means of each child's votes laid side by side, from k-means++."""
    return _best(Shared(votes.flatten(2)), votes.shape[2], start, to_mean)


def by_angle_from_first_means(votes: Float[Tensor, VOTES], start: Start) -> Clusters:
    """Return spherical k-means, parent by parent, from the directions of routing's first means."""
    return lloyd(ByParent(unit(votes)), unit(start.means), settle=to_direction)


def by_angle_from_scatter(votes: Float[Tensor, VOTES], start: Start) -> Clusters:
    """Return spherical k-means, parent by parent, from k-means++."""
    return _best(ByParent(unit(votes)), votes.shape[2], start, to_direction)


def by_angle_of_concatenated(votes: Float[Tensor, VOTES], start: Start) -> Clusters:
    """Return spherical k-means of each child's votes laid side by side, from k-means++."""
    return _best(Shared(unit(votes.flatten(2))), votes.shape[2], start, to_direction)


REFERENCES: dict[str, Cluster] = {
    "first-means": from_first_means,
    "plusplus": from_scatter,
    "concatenated": of_concatenated,
    f"{SPHERICAL}first-means": by_angle_from_first_means,
    f"{SPHERICAL}plusplus": by_angle_from_scatter,
    f"{SPHERICAL}concatenated": by_angle_of_concatenated,
}
BY_PARENT = tuple(name for name in REFERENCES if not name.endswith("concatenated"))
"""Those whose clusters are parents."""


def _best(points: Points, clusters: int, start: Start, settle: Settle) -> Clusters:
    """Return for each set the clustering of the lowest inertia among several starts."""
    tries = [
        lloyd(points, scatter(points, clusters, start.rng), settle=settle)
        for _ in range(start.restarts)
    ]
    longest = max(len(each.course) for each in tries)
    best = torch.stack([each.inertia for each in tries]).argmin(dim=0)
    pick = partial(_picked, best=best)
    return Clusters(
        labels=pick([each.labels for each in tries]),
        centres=pick([each.centres for each in tries]),
        course=pick([each.prolonged(longest).T for each in tries]).T,
    )


def _picked(tries: list[Tensor], *, best: Tensor) -> Tensor:
    return torch.stack(tries)[best, torch.arange(len(best))]
