"""What a routing did with single images, small enough to be kept and drawn.

Matrices by name: coefficients, activations and centres of a few rounds; once, where the votes
lie in the plane in which they spread most, and the centroids of k-means there.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float, Int64
from torch import Tensor

from capsprobe.routing.base import RoutingTrace, length
from capsprobe.routing.objective import centres_of
from capsprobe.routing.references import Start, from_first_means
from capsprobe.routing.shares import shares_of
from capsprobe.shapes import VOTES
from capsprobe.tables import TRACE_COLUMNS

ROUNDS = (1, 2, 3, 5, 10)
"""Those that are kept, as far as a trace has them."""

# A matrix of each image, by its round (0 where it belongs to none) and name.
Matrices = Iterator[tuple[int, str, Float[Tensor, "images rows columns"]]]


def portraits(
    trace: RoutingTrace,
    labels: Int64[Tensor, " images"],
    ids: Int64[Tensor, " images"],
    condition: str,
) -> pd.DataFrame:
    """Return the portraits of all images of a trace, TRACE_COLUMNS."""
    rows = [
        (condition, float(t), int(ids[k]), str(int(labels[k])), name, *_matrix(each[k]))
        for t, name, each in _drawn(trace)
        for k in range(len(ids))
    ]
    return pd.DataFrame(rows, columns=list(TRACE_COLUMNS))


def firsts(labels: Int64[Tensor, " images"], count: int) -> Int64[Tensor, " chosen"]:
    """Return the rows of the first images that are each of another class, so many at most."""
    _, found = np.unique(labels.numpy(), return_index=True)
    return torch.from_numpy(np.sort(found)[:count])


def plane(
    votes: Float[Tensor, VOTES],
) -> tuple[
    Float[Tensor, "images 1 pose"], Float[Tensor, "images pose 2"], Float[Tensor, "images 1 1"]
]:
    """Return the votes' mean, two principal directions, and the part of the spread along them.

    A direction's sign is that of its largest component, so that it is the same each time.
    """
    points = votes.flatten(1, 2).double()
    middle = points.mean(dim=1, keepdim=True)
    _, sizes, directions = torch.linalg.svd(points - middle, full_matrices=False)
    axes = directions[:, :2].mT
    largest = axes.gather(1, axes.abs().argmax(dim=1, keepdim=True))
    spread = sizes.square()
    part = spread[:, :2].sum(dim=1) / spread.sum(dim=1).clamp_min(1e-300)
    return middle, axes * torch.where(largest < 0.0, -1.0, 1.0), part[:, None, None]


def _drawn(trace: RoutingTrace) -> Matrices:
    shares = shares_of(trace)
    middle, axes, part = plane(trace.votes)

    def flat(points: Float[Tensor, "images points pose"]) -> Float[Tensor, "images points 2"]:
        return (points.double() - middle) @ axes

    first = centres_of(trace.votes, shares[0])
    # Nothing is drawn by chance: the start is given.
    start = Start(means=first, rng=np.random.default_rng(0), restarts=1)
    yield 0, "votes", flat(trace.votes.flatten(1, 2))
    yield 0, "centroids", flat(from_first_means(trace.votes, start).centres)
    yield 0, "explained", part
    for t in (each for each in ROUNDS if each <= len(shares)):
        yield t, "coefficients", shares[t - 1]
        yield t, "activations", length(trace.parents[t - 1])[:, :, None]
        yield t, "centres", flat(centres_of(trace.votes, shares[t - 1]))


def _matrix(values: Float[Tensor, "rows columns"]) -> tuple[int, int, list[float]]:
    return values.shape[0], values.shape[1], values.flatten().tolist()
