"""What k-means clusters: points that all clusters see alike, or votes, seen by each parent its own.

Both answer the same three questions, so that one k-means serves both.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from capsprobe.routing.dynamic import agreement
from capsprobe.shapes import VOTES

CENTRES = "sets clusters pose"
DISTANCES = "sets clusters points"
Sets = Int64[Tensor, " chosen"] | slice


@runtime_checkable
class Points(Protocol):
    """Many sets of points; each set is clustered by itself."""

    def __len__(self) -> int:
        """Return the number of sets."""

    @property
    def count(self) -> int:
        """Return the number of points in each set."""

    def take(self, sets: Sets) -> "Points":
        """Return some of the sets."""

    def distances(self, centres: Float[Tensor, CENTRES]) -> Float[Tensor, DISTANCES]:
        """Return every point's squared distance to every centre, by rounding maybe just below 0."""

    def sums(self, weights: Float[Tensor, DISTANCES]) -> Float[Tensor, CENTRES]:
        """Return for each cluster the weighted sum of the points."""

    def seen_by(self, cluster: int) -> Float[Tensor, "sets points pose"]:
        """Return the points where this cluster sees them."""

    def distances_to(
        self, cluster: int, centre: Float[Tensor, "sets pose"]
    ) -> Float[Tensor, "sets points"]:
        """Return every point's squared distance to one cluster's centre."""


@dataclass(frozen=True)
class Shared:
    """Points that all clusters see alike: ordinary k-means."""

    points: Float[Tensor, "sets points pose"]

    def __len__(self) -> int:
        return len(self.points)

    @property
    def count(self) -> int:
        """Return the number of points in each set."""
        return self.points.shape[1]

    def take(self, sets: Sets) -> "Shared":
        """Return some of the sets."""
        return Shared(self.points[sets])

    @cached_property
    def squared(self) -> Float[Tensor, "sets 1 points"]:
        """Return the points' squared lengths."""
        return self.points.square().sum(dim=2).unsqueeze(1)

    def distances(self, centres: Float[Tensor, CENTRES]) -> Float[Tensor, DISTANCES]:
        """Return |x_i - m_k|^2."""
        own = centres.square().sum(dim=2, keepdim=True)
        both = torch.baddbmm(self.squared, centres, self.points.mT, alpha=-2.0)
        return both.add_(own)

    def sums(self, weights: Float[Tensor, DISTANCES]) -> Float[Tensor, CENTRES]:
        """Return sum_i w_ik x_i."""
        return torch.bmm(weights, self.points)

    def seen_by(self, cluster: int) -> Float[Tensor, "sets points pose"]:
        """Return x_i."""
        del cluster
        return self.points

    def distances_to(
        self, cluster: int, centre: Float[Tensor, "sets pose"]
    ) -> Float[Tensor, "sets points"]:
        """Return |x_i - m|^2."""
        del cluster
        return self.distances(centre.unsqueeze(1)).squeeze(1).clamp_min(0.0)


@dataclass(frozen=True)
class ByParent:
    """Children as each parent sees them, at their vote for it; clusters are the parents.

    Child i lies at u_ij for parent j, so a distance is |u_ij - m_j|^2 and a centre the mean of
    the votes for that parent alone. Where the votes for all parents are equal this is ordinary
    k-means.
    """

    votes: Float[Tensor, VOTES]

    def __len__(self) -> int:
        return len(self.votes)

    @property
    def count(self) -> int:
        """Return the number of points in each set."""
        return self.votes.shape[1]

    def take(self, sets: Sets) -> "ByParent":
        """Return the votes of some images."""
        # Parent by parent in memory, as sums and distances read them.
        return ByParent(self.votes.transpose(1, 2)[sets].transpose(1, 2))

    @cached_property
    def squared(self) -> Float[Tensor, DISTANCES]:
        """Return the votes' squared lengths."""
        return self.votes.transpose(1, 2).square().sum(dim=3)

    def distances(self, centres: Float[Tensor, CENTRES]) -> Float[Tensor, DISTANCES]:
        """Return |u_ij - m_j|^2."""
        own = centres.square().sum(dim=2, keepdim=True)
        return (self.squared + own).sub_(agreement(self.votes, centres).mT, alpha=2.0)

    def sums(self, weights: Float[Tensor, DISTANCES]) -> Float[Tensor, CENTRES]:
        """Return sum_i w_ij u_ij."""
        return torch.matmul(weights.unsqueeze(2), self.votes.transpose(1, 2)).squeeze(2)

    def seen_by(self, cluster: int) -> Float[Tensor, "sets points pose"]:
        """Return u_ij for the parent j."""
        return self.votes[:, :, cluster]

    def distances_to(
        self, cluster: int, centre: Float[Tensor, "sets pose"]
    ) -> Float[Tensor, "sets points"]:
        """Return |u_ij - m|^2 for the parent j."""
        return Shared(self.seen_by(cluster)).distances_to(cluster, centre)
