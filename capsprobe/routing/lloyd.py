"""k-means on many sets at once: Lloyd's algorithm from given starts, and starts by k-means++.

scikit-learn clusters one set a call, and knows no votes that differ by parent.
"""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from capsprobe.routing.base import unit
from capsprobe.routing.points import CENTRES, DISTANCES, Points
from capsprobe.routing.tiles import child_tiles

MOST_ITERATIONS = 300
# Of a distance.
_BYTES = 4
COUNTS = "sets clusters"


@dataclass(frozen=True, kw_only=True)
class Clusters:
    """A clustering of each set.

    `course` holds the inertia (the summed squared distances to the nearest centre) under the
    starts, then after each iteration, as long as any set moved; those at rest keep theirs.
    """

    labels: Int64[Tensor, "sets points"]
    centres: Float[Tensor, CENTRES]
    course: Float[Tensor, "iterations sets"]

    @property
    def inertia(self) -> Float[Tensor, " sets"]:
        """Return the inertia in the end."""
        return self.course[-1]

    def prolonged(self, length: int) -> Float[Tensor, "longest sets"]:
        """Return the course of this length, its end repeated."""
        rest = self.course[-1:].expand(max(0, length - len(self.course)), -1)
        return torch.cat([self.course[:length], rest])


@runtime_checkable
class Settle(Protocol):
    """How a centre follows from its points' sum and number; an empty one stays where it was."""

    def __call__(
        self,
        sums: Float[Tensor, CENTRES],
        counts: Float[Tensor, COUNTS],
        old: Float[Tensor, CENTRES],
    ) -> Float[Tensor, CENTRES]:
        """Return the new centres."""


def to_mean(
    sums: Float[Tensor, CENTRES], counts: Float[Tensor, COUNTS], old: Float[Tensor, CENTRES]
) -> Float[Tensor, CENTRES]:
    """Return the means: k-means by distance."""
    means = sums / counts.clamp_min(1.0).unsqueeze(2)
    return torch.where((counts > 0.0).unsqueeze(2), means, old)


def to_direction(
    sums: Float[Tensor, CENTRES], counts: Float[Tensor, COUNTS], old: Float[Tensor, CENTRES]
) -> Float[Tensor, CENTRES]:
    """Return the sums at length one: k-means by angle, over points of length one.

    |x - m|^2 is 2 (1 - cos) there, so the inertia is twice the spherical one.
    """
    del counts
    directions = unit(sums)
    return torch.where((directions != 0.0).any(dim=2, keepdim=True), directions, old)


def lloyd(
    points: Points,
    starts: Float[Tensor, CENTRES],
    *,
    settle: Settle = to_mean,
    iterations: int = MOST_ITERATIONS,
) -> Clusters:
    """Return each set's clustering where no point changes sides, or after so many iterations.

    A point as near to several centres belongs to the first. A cluster that is left without points
    takes the point farthest from its own centre, the next such cluster the next farthest, as in
    scikit-learn; not where all points lie on centres.
    """
    tiles = child_tiles(
        len(points), child_bytes=_BYTES * starts.shape[1] * points.count, device=starts.device
    )
    found = [_settled(points.take(few), starts[few], settle, iterations) for few in tiles]
    longest = max(len(each.course) for each in found)
    return Clusters(
        labels=torch.cat([each.labels for each in found]),
        centres=torch.cat([each.centres for each in found]),
        course=torch.cat([each.prolonged(longest) for each in found], dim=1),
    )


def scatter(points: Points, clusters: int, rng: np.random.Generator) -> Float[Tensor, CENTRES]:
    """Return starts by k-means++ (Arthur and Vassilvitskii 2007, sec. 2.2).

    The first centre is a point by chance, each further one a point drawn in proportion to its
    squared distance from the nearest centre so far. Where parents see children differently, a
    parent's centre is the drawn child as that parent sees it, the parents in their order.
    """
    draws = torch.from_numpy(rng.random((len(points), clusters)))
    sets = torch.arange(len(points))
    closest, centres = torch.ones(len(points), points.count), []
    for cluster in range(clusters):
        seen = points.seen_by(cluster)
        centres.append(seen[sets, _drawn(closest, draws[:, cluster])])
        apart = points.distances_to(cluster, centres[-1])
        closest = apart if cluster == 0 else torch.minimum(closest, apart)
    return torch.stack(centres, dim=1)


def _settled(
    points: Points, starts: Float[Tensor, CENTRES], settle: Settle, iterations: int
) -> Clusters:
    """Return the clustering of sets few enough to be looked at together."""
    sets, here, before = torch.arange(len(points)), starts, torch.zeros(0)
    labels = torch.zeros(len(points), points.count, dtype=torch.int64)
    centres, inertia, course = starts.clone(), starts.new_zeros(len(points)), []
    for iteration in range(iterations + 1):
        nearest, members = _assigned(points, here)
        named = _named(members)
        moved = (named != before).any(dim=1) if iteration else torch.ones_like(sets).bool()
        centres[sets], labels[sets] = here, named.long()
        inertia[sets] = nearest.sum(dim=1)
        course.append(inertia.clone())
        if iteration == iterations or not moved.any():
            break
        # Copies cost more than what a few sets at rest do.
        if 2 * int(moved.sum()) < len(moved):
            points, sets, here = points.take(rows := moved.nonzero()[:, 0]), sets[rows], here[rows]
            nearest, members, named = nearest[rows], members[rows], named[rows]
            moved = moved[rows]
        members = _refilled(members, nearest)
        settled = settle(points.sums(members), members.sum(dim=2), here)
        here, before = torch.where(moved[:, None, None], settled, here), named
    return Clusters(labels=labels, centres=centres, course=torch.stack(course))


def _assigned(
    points: Points, centres: Float[Tensor, CENTRES]
) -> tuple[Float[Tensor, "sets points"], Float[Tensor, DISTANCES]]:
    """Return each point's squared distance to its nearest centre, and 1 for that one, else 0."""
    distances = points.distances(centres)
    # Several times faster than a minimum with its place.
    nearest = distances.amin(dim=1)
    members = torch.eq(distances, nearest.unsqueeze(1), out=torch.empty_like(distances))
    if int(members.sum()) > nearest.numel():
        members *= members.cumsum(dim=1) == 1.0
    return nearest.clamp_min(0.0), members


def _named(members: Float[Tensor, DISTANCES]) -> Float[Tensor, "sets points"]:
    """Return the number of each point's cluster."""
    numbers = torch.arange(members.shape[1], dtype=members.dtype)
    return torch.matmul(numbers, members)


def _refilled(
    members: Float[Tensor, DISTANCES], nearest: Float[Tensor, "sets points"]
) -> Float[Tensor, DISTANCES]:
    """Return whose each point is, after clusters without points got the farthest ones."""
    empty = members.sum(dim=2) == 0.0
    few = empty.any(dim=1).nonzero().squeeze(1)
    if len(few) == 0:
        return members
    labels = _handed_over(_named(members[few]).long(), nearest[few], empty[few])
    refilled = torch.zeros_like(members[few]).scatter(1, labels.unsqueeze(1), 1.0)
    return members.index_put((few,), refilled)


def _handed_over(
    labels: Int64[Tensor, "sets points"],
    nearest: Float[Tensor, "sets points"],
    empty: Bool[Tensor, COUNTS],
) -> Int64[Tensor, "sets points"]:
    """Return labels that give the n-th empty cluster the point n-th farthest from its centre."""
    most = min(empty.shape[1], labels.shape[1])
    turns = torch.argsort(empty.to(torch.int8), dim=1, descending=True, stable=True)[:, :most]
    farthest = torch.argsort(nearest, dim=1, descending=True, stable=True)[:, :most]
    takes = empty.gather(1, turns) & (nearest.amax(dim=1, keepdim=True) > 0.0)
    return labels.scatter(1, farthest, torch.where(takes, turns, labels.gather(1, farthest)))


def _drawn(
    weights: Float[Tensor, "sets points"], draws: Float[Tensor, " sets"]
) -> Int64[Tensor, " sets"]:
    """Return one point of each set, in proportion to the weights; any where all are zero."""
    sums = weights.double().cumsum(dim=1)
    even = torch.arange(1.0, weights.shape[1] + 1.0, dtype=torch.float64).expand_as(sums)
    sums = torch.where(sums[:, -1:] > 0.0, sums, even)
    wanted = draws.unsqueeze(1) * sums[:, -1:]
    return torch.searchsorted(sums, wanted, right=True).squeeze(1).clamp_max(weights.shape[1] - 1)
