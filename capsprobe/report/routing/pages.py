"""Which exhibits the probes of routing have, in the order in which they are read."""

from collections.abc import Callable

from capsprobe.report.exhibits import Exhibit, Figure
from capsprobe.report.routing import concordance, gates, objective, portraits, rounds, swaps
from capsprobe.report.routing.evidence import ROUNDS, Evidence
from capsprobe.report.routing.numbers import numbers

OVERVIEW = "numbers"
"""The exhibit that is shown at a glance, before all sections."""


def exhibits(probe: str, evidence: Evidence) -> tuple[Exhibit, ...]:
    """Return what answers the probe's question; nothing for a probe that has curves alone."""
    found = (make(evidence) for make in _EXHIBITS.get(probe, ()))
    return tuple(each for each in found if each.figures or (each.grid and each.grid.rows))


def has_exhibits(probe: str) -> bool:
    """Return whether a probe is shown by exhibits in place of panels."""
    return probe in _EXHIBITS


def _numbers(evidence: Evidence) -> Exhibit:
    return Exhibit(key=OVERVIEW, grid=numbers(evidence))


def _concordance(evidence: Evidence) -> Exhibit:
    folded: tuple[Figure, ...] = (
        *concordance.violins(evidence, concordance.SPHERICAL, "ari"),
        *rounds.concordance_panels(evidence, ("first-means",)),
    )
    shown = concordance.violins(evidence, concordance.EUCLIDEAN, "ari")
    return Exhibit(key="concordance", figures=shown, folded=folded)


def _rounds(evidence: Evidence) -> Exhibit:
    return Exhibit(key="rounds", figures=rounds.spread_panels(evidence))


def _divergence(evidence: Evidence) -> Exhibit:
    return Exhibit(key="divergence", figures=rounds.divergence_panels(evidence))


def _objective(evidence: Evidence) -> Exhibit:
    return Exhibit(
        key="objective",
        figures=(*objective.courses(evidence, "inertia"), *rounds.objective_panels(evidence)),
        folded=objective.courses(evidence, "spherical_inertia"),
        grid=objective.falls(evidence),
    )


def _swap(evidence: Evidence) -> Exhibit:
    first, *others = evidence.models or ("",)
    return Exhibit(
        key="swap",
        figures=(
            *swaps.accuracy_matrix(evidence, ROUNDS),
            *swaps.likeness_matrices(evidence, first),
            *rounds.accuracy_panels(evidence),
        ),
        folded=(
            *swaps.accuracy_matrix(evidence, 1.0),
            *swaps.accuracy_matrix(evidence, 10.0),
            *(each for model in others for each in swaps.likeness_matrices(evidence, model)[-1:]),
        ),
    )


def _article(evidence: Evidence) -> Exhibit:
    return Exhibit(
        key="article",
        figures=rounds.single_panels(evidence),
        grid=swaps.article_grid(evidence),
    )


def _pictures(evidence: Evidence) -> Exhibit:
    shown = portraits.portraits(evidence)
    first = [each for each in shown if each.model == shown[0].model]
    others = [each for each in shown if each.model != shown[0].model]
    return Exhibit(
        key="pictures",
        figures=(
            *(portraits.heatmaps(evidence, each) for each in first),
            *(portraits.planes(evidence, each) for each in first),
        ),
        folded=tuple(
            portraits.heatmaps(evidence, each)
            for each in others
            if each.unit_id == first[0].unit_id
        ),
    )


def _gates(kind: str) -> Callable[[Evidence], Exhibit]:
    return lambda evidence: Exhibit(key=kind, figures=gates.dots(evidence, kind))


_EXHIBITS: dict[str, tuple[Callable[[Evidence], Exhibit], ...]] = {
    "routing": (
        _numbers,
        _concordance,
        _rounds,
        _pictures,
        _divergence,
        _objective,
        _swap,
        _article,
    ),
    "gate": (_numbers, *(_gates(kind) for kind in gates.KINDS)),
}
