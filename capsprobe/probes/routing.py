"""Routing beside clustering: what coefficients do round by round, and what k-means does instead."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar, TypeVar

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor

from capsprobe.data.images import ImageSet
from capsprobe.faults import UsageFault
from capsprobe.models.base import Network
from capsprobe.models.batches import in_batches
from capsprobe.models.inference import top
from capsprobe.models.rerouting import (
    Capsular,
    answer,
    capsular,
    children_of,
    reroute,
    votes_of,
)
from capsprobe.probes.base import Probe, probes
from capsprobe.routing.base import check_iterations, length, routings
from capsprobe.routing.comparing import compare
from capsprobe.routing.contrasts import contrast
from capsprobe.routing.findings import Finding, joined
from capsprobe.routing.following import follow, follow_means
from capsprobe.routing.objective import centres_of
from capsprobe.routing.portraits import firsts, portraits
from capsprobe.routing.references import BY_PARENT, REFERENCES, SPHERICAL, Start
from capsprobe.routing.shares import shares_of
from capsprobe.routing.single import singles
from capsprobe.shapes import CHILDREN, COEFFICIENTS
from capsprobe.tables import CORRECT, PROBE_COLUMNS, Condition, Measurement, Metric

Result = TypeVar("Result")
_LARGE = 1e9
_UNDEFINED = "divergence that is infinite, or without another image to be from"
_ALIKE = ("condition", "severity", "unit", "metric")
_MAY_LACK = ("js_within", "js_between")
_TEXTS = {
    "first-means": "parent by parent, from routing's first means",
    "plusplus": "parent by parent, from k-means++",
    "concatenated": "over each child's votes laid side by side, from k-means++",
}
_NULLS = ("", "_uniform", "_random", "_shuffled")
PREDICTED = Metric(
    name="predicted",
    lower=0.0,
    upper=_LARGE,
    description="number of the class that is named",
    nominal=True,
)


def _metric(name: str, lower: float, upper: float, description: str, unit: str = "1") -> Metric:
    return Metric(name=name, lower=lower, upper=upper, unit=unit, description=description)


def _concordances() -> Iterable[Metric]:
    for null in _NULLS:
        beside = f" ({null[1:]} null)" if null else ""
        for name, words in (("ari", "Rand index"), ("ami", "mutual information")):
            metric = _metric(f"{name}{null}", -1.0, 1.0, f"adjusted {words} with k-means{beside}")
            yield replace(metric, null=bool(null))


METRICS = (
    _metric("entropy", 0.0, 16.0, "entropy of a child's coefficients", "nats"),
    _metric("effective_parents", 1.0, _LARGE, "exp(entropy) of a child's coefficients"),
    _metric("effective_clusters", 1.0, _LARGE, "exp(entropy) of the coefficients' mean"),
    _metric("polarisation", 0.0, 1.0, "0: all parents alike, 1: each child has one"),
    _metric("dead_parents", 0.0, 1.0, "fraction of parents that no child gives its equal share"),
    _metric("logit_change", 0.0, _LARGE, "mean change of a logit since the round before"),
    _metric("inertia", 0.0, _LARGE, "squared distance of a child to the nearest centre"),
    _metric("soft_inertia", 0.0, _LARGE, "squared distance to the centres, by coefficients"),
    _metric("spherical_inertia", 0.0, 2.0, "1 - cosine of a child with the nearest centre"),
    _metric("clustering_loss", -_LARGE, _LARGE, "minus the agreement, by coefficients"),
    _metric("kl_objective", -_LARGE, _LARGE, "the same, and the divergence from the round before"),
    *_concordances(),
    _metric("cosine", -1.0, 1.0, "cosine of parent and k-means centroid, mean over parents"),
    _metric("cosine_winner", -1.0, 1.0, "the same for the longest parent"),
    _metric("js_within", 0.0, 1.0, "divergence from images of the same class", "bits"),
    _metric("js_between", 0.0, 1.0, "divergence from images of other classes", "bits"),
    _metric("js_constant", 0.0, 1.0, "divergence from the mean over all images", "bits"),
    _metric("cosine_mean", -1.0, 1.0, "cosine of the article's output with the plain mean"),
    _metric("cosine_weighted", -1.0, 1.0, "cosine of the article's output with the weighted mean"),
    _metric("effective_children", 1.0, _LARGE, "exp(entropy) of the weights over children"),
    CORRECT,
    PREDICTED,
)


@probes.register("routing")
@dataclass(frozen=True, kw_only=True)
class Routing(Probe):
    """Follow a network's routing round by round, and cluster the same votes beside it.

    One run of the network's own routing over so many `iterations`, of which each is looked at;
    severity is the iteration. `rounds` holds what its coefficients do (capsprobe.routing.shares,
    .objective), `lloyd` the inertia of k-means on its way, `concordance` how alike the two end
    (.comparing), `divergence` how images differ (.contrasts, with so many `partners`), `single` the
    article's routing to one parent over the votes for the winning one (.single). `swap` asks for
    the class under every routing, each at `swap_iterations` up to `iterations` and at the
    network's own number.
    k-means from chance is the best of `restarts`. So many images as are `pictured`, each of another
    class, have their votes and coefficients kept. Only networks that route votes take part.
    """

    name: ClassVar = "routing"
    question: ClassVar = "Is routing a clustering of the votes?"
    metrics: ClassVar = METRICS

    iterations: int = 10
    swap_iterations: tuple[int, ...] = (1, 3, 10)
    restarts: int = 2
    partners: int = 4
    pictured: int = 2

    def __post_init__(self) -> None:
        """Raise UsageFault where a setting cannot be meant."""
        for iterations in (self.iterations, *self.swap_iterations):
            check_iterations(iterations)
        if min(self.restarts, self.partners) < 1:
            fewest = min(self.restarts, self.partners)
            raise UsageFault(f"expected at least 1 of restarts and of partners, got {fewest}")
        if self.pictured < 0:
            raise UsageFault(f"expected pictured >= 0, got {self.pictured}")

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Return what is followed round by round."""
        return (
            _rounds("rounds", "the network's own routing"),
            *(_rounds(f"lloyd/{name}", f"k-means {_described(name)}") for name in BY_PARENT),
            *(
                _rounds(f"concordance/{name}", f"routing beside k-means {_described(name)}")
                for name in REFERENCES
            ),
            _rounds("divergence", "coefficients of one image beside those of others"),
            _rounds("single", "the article's routing to one parent beside a weighted mean"),
            *(_rounds(f"swap/{name}", f"routing by {name} in its place") for name in routings),
        )

    def lacks(self, network: Network) -> str:
        """Return what a network without votes to route lacks."""
        return "" if isinstance(network, Capsular) else "votes that are routed"

    def measure(
        self, network: Network, images: ImageSet, rng: np.random.Generator, part: str
    ) -> Measurement:
        """Return one number an image for each metric, condition and iteration."""
        routed = capsular(network)
        ask: dict[str, Callable[[ImageSet], list[Finding]]] = {
            "rounds": partial(self._rounds, routed),
            "lloyd": partial(self._lloyd, routed, rng),
            "concordance": partial(self._concordance, routed, rng),
            "single": partial(self._single, routed),
            "swap": partial(self._swap, routed),
        }
        if part == "divergence":
            return _measurement(self._divergence(routed, network, images, rng), images)
        measured = _measurement(joined(_in_batches(network, images, ask[part])), images)
        if part == "rounds" and self.pictured:
            return replace(measured, traces=self._portraits(routed, images))
        return measured

    def _portraits(self, network: Capsular, images: ImageSet) -> pd.DataFrame:
        few = images.take(firsts(images.labels, self.pictured))
        votes = votes_of(network, children_of(network, few.images))
        trace = reroute(network, votes, iterations=self.iterations)
        return portraits(trace, few.labels, few.ids, "rounds")

    def _rounds(self, network: Capsular, few: ImageSet) -> list[Finding]:
        children = children_of(network, few.images)
        trace = reroute(network, votes_of(network, children), iterations=self.iterations)
        found = list(follow(trace, "rounds"))
        for iterations in range(1, self.iterations + 1):
            found += _answers(network, children, few, "rounds", network.routing, iterations)[:1]
        return found

    def _lloyd(self, network: Capsular, rng: np.random.Generator, few: ImageSet) -> list[Finding]:
        votes = votes_of(network, children_of(network, few.images))
        first = shares_of(reroute(network, votes, iterations=1))[0]
        start = Start(means=centres_of(votes, first), rng=rng, restarts=self.restarts)
        return list(follow_means(votes, start, "lloyd", iterations=self.iterations))

    def _concordance(
        self, network: Capsular, rng: np.random.Generator, few: ImageSet
    ) -> list[Finding]:
        found = compare(
            votes_of(network, children_of(network, few.images)),
            partial(reroute, network),
            "concordance",
            iterations=self.iterations,
            restarts=self.restarts,
            rng=rng,
        )
        return list(found)

    def _divergence(
        self, routed: Capsular, network: Network, images: ImageSet, rng: np.random.Generator
    ) -> Iterator[Finding]:
        def shares(few: ImageSet) -> tuple[Float[Tensor, COEFFICIENTS], ...]:
            votes = votes_of(routed, children_of(routed, few.images))
            return shares_of(reroute(routed, votes, iterations=self.iterations))

        by_batch = _in_batches(network, images, shares)
        by_iteration = [torch.cat(each) for each in zip(*by_batch, strict=True)]
        return contrast(by_iteration, images.labels, "divergence", partners=self.partners, rng=rng)

    def _single(self, network: Capsular, few: ImageSet) -> list[Finding]:
        votes = votes_of(network, children_of(network, few.images))
        parents = reroute(network, votes, iterations=network.iterations).parents[-1]
        winner = length(parents).argmax(dim=1)
        seen = votes[torch.arange(len(votes)), :, winner]
        return list(singles(seen, "single", iterations=self.iterations))

    def _swap(self, network: Capsular, few: ImageSet) -> list[Finding]:
        children = children_of(network, few.images)
        asked = {each for each in self.swap_iterations if each <= self.iterations}
        return [
            finding
            for name in routings
            for iterations in sorted({*asked, network.iterations})
            for finding in _answers(network, children, few, f"swap/{name}", name, iterations)
        ]


def _described(name: str) -> str:
    text = _TEXTS[name.removeprefix(SPHERICAL)]
    return f"by angles, {text}" if name.startswith(SPHERICAL) else text


def _rounds(name: str, description: str) -> Condition:
    return Condition(name=name, unit="iterations", description=description, has_clean=False)


def _in_batches(
    network: Network, images: ImageSet, ask: Callable[[ImageSet], Result]
) -> Iterator[Result]:
    rows = torch.arange(len(images))
    for _, found in in_batches(network, len(images), lambda few: ask(images.take(rows[few]))):
        yield found


def _answers(
    network: Capsular,
    children: Float[Tensor, CHILDREN],
    few: ImageSet,
    condition: str,
    routing: str,
    iterations: int,
) -> list[Finding]:
    """Return whether each answer under a routing is right, and which class it names."""
    scores = answer(network, children, routing=routing, iterations=iterations)
    classes = top(scores, count=1)[:, 0]
    values = {CORRECT: (classes == few.labels).double(), PREDICTED: classes.double()}
    return [
        Finding(condition=condition, iteration=iterations, metric=metric.name, values=each)
        for metric, each in values.items()
    ]


def _measurement(found: Iterable[Finding], images: ImageSet) -> Measurement:
    """Return the findings as observations; what is not defined for an image is left out."""
    rows: dict[str, list[np.ndarray]] = {name: [] for name in PROBE_COLUMNS}
    ids, left_out = images.ids.numpy(), 0
    for each in found:
        values = each.values.double().numpy()
        defined = ~(np.isinf(values) | (np.isnan(values) & (each.metric in _MAY_LACK)))
        left_out += int((~defined).sum())
        alike = (each.condition, float(each.iteration), "image", each.metric)
        for name, value in zip(_ALIKE, alike, strict=True):
            rows[name].append(np.full(defined.sum(), value, dtype=object))
        rows["unit_id"].append(ids[defined])
        rows["value"].append(values[defined])
    table = pd.DataFrame({name: np.concatenate(parts) for name, parts in rows.items()})
    return Measurement(
        observations=table.astype({"severity": "float64"}),
        left_out={_UNDEFINED: left_out} if left_out else {},
    )
