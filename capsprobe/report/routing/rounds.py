"""Curves over the rounds of routing: coefficients, images apart, and the article's one parent."""

from collections.abc import Iterator
from dataclasses import replace

from capsprobe.report.curves import panel
from capsprobe.report.panels import Mark, Panel
from capsprobe.report.routing.evidence import Evidence

# Sabour et al. 2017, appendix A: the mean change of a logit in the second iteration.
PUBLISHED_CHANGE = Mark(severity=2.0, value=0.007, source="Sabour et al. 2017")
_SPREAD = ("entropy", "effective_clusters", "polarisation", "dead_parents")


def spread_panels(evidence: Evidence) -> tuple[Panel, ...]:
    """Return how evenly children give, round by round, and how far the logits move."""
    found = [*_panels(evidence, "rounds", *_SPREAD)]
    for change in _panels(evidence, "rounds", "logit_change"):
        found.append(replace(change, marks=(PUBLISHED_CHANGE,), scale="log"))
    return tuple(found)


def accuracy_panels(evidence: Evidence) -> tuple[Panel, ...]:
    """Return the accuracy of networks run with more or fewer rounds than they were trained with."""
    return tuple(_panels(evidence, "rounds", "correct"))


def divergence_panels(evidence: Evidence) -> tuple[Panel, ...]:
    """Return how far coefficients differ between images, where a constant's differ by nothing."""
    return tuple(_panels(evidence, "divergence", "js_within", "js_between", "js_constant"))


def single_panels(evidence: Evidence) -> tuple[Panel, ...]:
    """Return the article's routing to one parent beside means of its children."""
    return tuple(_panels(evidence, "single", "cosine_mean", "effective_children"))


def concordance_panels(evidence: Evidence, references: tuple[str, ...]) -> tuple[Panel, ...]:
    """Return the concordance with each k-means round by round, its null after it."""
    return tuple(
        found
        for name in references
        for found in _panels(evidence, f"concordance/{name}", "ari", "ari_shuffled")
    )


def objective_panels(evidence: Evidence) -> tuple[Panel, ...]:
    """Return the objective of Wang and Liu 2018, and the part of it that is a clustering loss."""
    return tuple(_panels(evidence, "rounds", "clustering_loss", "kl_objective"))


def _panels(evidence: Evidence, condition: str, *metrics: str) -> Iterator[Panel]:
    for metric in metrics:
        found = panel(
            evidence.estimates, evidence.scope, condition, metric, classes=evidence.classes
        )
        if found.series:
            yield found
