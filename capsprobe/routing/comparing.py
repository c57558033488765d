"""A routing's choices beside k-means of the same votes, and beside what chance would give.

Three nulls. `uniform`: no child prefers a parent, ties fall by chance. `random`: coefficients drawn
once, the same for all images; chance again, but of one draw. `shuffled`: for each image and
each parent anew, the votes for that parent change hands among the children, and both routing and
k-means work on what comes out. Each parent keeps its cloud of votes, and so its first mean; gone is
which votes come from one child. Routing and k-means look for much the same thing in a cloud, so
they concord somewhat on any votes; only what is above this null comes from the children.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor
from torch.nn.functional import cosine_similarity

from capsprobe.routing.base import Routing, RoutingTrace, length
from capsprobe.routing.concordance import adjusted_mutual_information, adjusted_rand, contingency
from capsprobe.routing.findings import Finding
from capsprobe.routing.lloyd import Clusters
from capsprobe.routing.objective import centres_of
from capsprobe.routing.references import BY_PARENT, REFERENCES, Start
from capsprobe.routing.shares import chosen, shares_of
from capsprobe.shapes import PARENTS, VOTES

CHOICES = "iterations images children"


@dataclass(frozen=True, kw_only=True)
class _Side:
    """A trace, each child's parent in every iteration, and where k-means may start."""

    trace: RoutingTrace
    choices: Int64[Tensor, CHOICES]
    start: Start


def compare(
    votes: Float[Tensor, VOTES],
    routing: Routing,
    condition: str,
    *,
    iterations: int,
    restarts: int,
    rng: np.random.Generator,
) -> Iterator[Finding]:
    """Yield concordances with every k-means, those of the nulls, and cosines with centroids."""
    routed = _side(routing(votes, iterations=iterations), restarts, rng)
    shuffled = _side(routing(shuffle(votes, rng), iterations=iterations), restarts, rng)
    chance = {
        "_uniform": _by_chance(routed.choices, votes.shape[2], rng),
        "_random": _drawn_once(routed.choices, votes.shape[2], rng),
    }
    for name, cluster in REFERENCES.items():
        here = f"{condition}/{name}"
        found = cluster(votes, routed.start)
        control = cluster(shuffled.trace.votes, shuffled.start)
        yield from _concordances(here, "", routed.choices, found)
        yield from _concordances(here, "_shuffled", shuffled.choices, control)
        for null, choices in chance.items():
            yield from _concordances(here, null, choices, found)
        if name in BY_PARENT:
            yield from _cosines(here, routed.trace, found.centres)


def shuffle(votes: Float[Tensor, VOTES], rng: np.random.Generator) -> Float[Tensor, VOTES]:
    """Return votes that changed hands among the children, for each image and parent anew."""
    images, children, parents, _ = votes.shape
    order = torch.from_numpy(rng.random((images, parents, children), dtype=np.float32)).argsort(2)
    by_parent = votes.transpose(1, 2)
    rows = torch.arange(images)[:, None, None], torch.arange(parents)[:, None], order
    return by_parent[rows].transpose(1, 2)


def _side(trace: RoutingTrace, restarts: int, rng: np.random.Generator) -> _Side:
    shares = shares_of(trace)
    start = Start(means=centres_of(trace.votes, shares[0]), rng=rng, restarts=restarts)
    choices = torch.stack([chosen(each, rng) for each in shares])
    return _Side(trace=trace, choices=choices, start=start)


def _by_chance(
    like: Int64[Tensor, CHOICES], parents: int, rng: np.random.Generator
) -> Int64[Tensor, CHOICES]:
    return torch.from_numpy(rng.integers(0, parents, size=tuple(like.shape)))


def _drawn_once(
    like: Int64[Tensor, CHOICES], parents: int, rng: np.random.Generator
) -> Int64[Tensor, CHOICES]:
    """Return the largest of coefficients that are the softmax of normal logits."""
    logits = torch.from_numpy(rng.standard_normal((like.shape[2], parents)))
    return logits.argmax(dim=1).expand_as(like)


def _concordances(
    condition: str, null: str, choices: Int64[Tensor, CHOICES], found: Clusters
) -> Iterator[Finding]:
    others = found.labels.expand_as(choices).flatten(0, 1)
    table = contingency(choices.flatten(0, 1), others, clusters=found.centres.shape[1])
    for name, index in (("ari", adjusted_rand), ("ami", adjusted_mutual_information)):
        by_iteration = index(table).unflatten(0, choices.shape[:2])
        for iteration, values in enumerate(by_iteration, start=1):
            yield Finding(
                condition=condition, iteration=iteration, metric=f"{name}{null}", values=values
            )


def _cosines(
    condition: str, trace: RoutingTrace, centres: Float[Tensor, PARENTS]
) -> Iterator[Finding]:
    for iteration, parents in enumerate(trace.parents, start=1):
        cosines = cosine_similarity(parents, centres, dim=2).clamp(-1.0, 1.0)
        winner = length(parents).argmax(dim=1, keepdim=True)
        values = {"cosine": cosines.mean(dim=1), "cosine_winner": cosines.gather(1, winner)[:, 0]}
        for metric, value in values.items():
            yield Finding(condition=condition, iteration=iteration, metric=metric, values=value)
