"""Routing beside clustering: what coefficients do round by round, and what k-means does instead."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from capsprobe.probes.base import Probe
from capsprobe.routing.base import routings
from capsprobe.tables import CORRECT, Condition, Metric

_LARGE = 1e9
_REFERENCES = {
    "first-means": "parent by parent, from routing's first means",
    "plusplus": "parent by parent, from k-means++",
    "concatenated": "ordinary, over each child's votes laid side by side, from k-means++",
    "spherical-first-means": "as first-means, by angles",
    "spherical-plusplus": "as plusplus, by angles",
    "spherical-concatenated": "as concatenated, by angles",
}
_NULLS = ("", "_uniform", "_random", "_shuffled")
PREDICTED = Metric(
    name="predicted", lower=0.0, upper=_LARGE, description="number of the class that is named"
)


def _metric(name: str, lower: float, upper: float, description: str, unit: str = "1") -> Metric:
    return Metric(name=name, lower=lower, upper=upper, unit=unit, description=description)


def _concordances() -> Iterable[Metric]:
    for null in _NULLS:
        beside = f" ({null[1:]} null)" if null else ""
        yield _metric(f"ari{null}", -1.0, 1.0, f"adjusted Rand index with k-means{beside}")
        yield _metric(f"ami{null}", -1.0, 1.0, f"adjusted mutual information with k-means{beside}")


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


@dataclass(frozen=True, kw_only=True)
class Routing(Probe):
    """Follow a network's routing round by round, and cluster the same votes beside it."""

    name: ClassVar = "routing"
    question: ClassVar = "Is routing a clustering of the votes?"
    metrics: ClassVar = METRICS

    iterations: int = 10
    swap_iterations: tuple[int, ...] = (1, 3, 10)
    restarts: int = 4
    partners: int = 8

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Return what is followed round by round; severity is the round."""
        return (
            _rounds("rounds", "the network's own routing"),
            *(
                _rounds(f"lloyd/{name}", f"k-means, {text}")
                for name, text in _REFERENCES.items()
                if not name.endswith("concatenated")
            ),
            *(
                _rounds(f"concordance/{name}", f"routing beside k-means, {text}")
                for name, text in _REFERENCES.items()
            ),
            _rounds("divergence", "coefficients of one image beside those of another"),
            _rounds("single", "the article's routing to one parent beside a weighted mean"),
            *(_rounds(f"swap/{name}", f"routing by {name} in its place") for name in routings),
        )


def _rounds(name: str, description: str) -> Condition:
    return Condition(name=name, unit="iterations", description=description, has_clean=False)
