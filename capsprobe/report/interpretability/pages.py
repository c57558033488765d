"""Which exhibits the probes of interpretability have, in the order in which they are read."""

from collections.abc import Callable

from capsprobe.report import meanings
from capsprobe.report.curves import panel
from capsprobe.report.exhibits import Exhibit, Figure
from capsprobe.report.grids import estimates_grid
from capsprobe.report.interpretability import alignment, reliability, sheets, weights
from capsprobe.report.panels import Grid
from capsprobe.report.points import Row, points
from capsprobe.report.routing.evidence import Evidence
from capsprobe.report.routing.numbers import numbers
from capsprobe.report.routing.pages import OVERVIEW

_SCORES = (
    "mig",
    "sap",
    "disentanglement",
    "completeness",
    "informativeness",
    "selectivity",
)
_LAYERS = ("capsules", "stage-1", "stage-2")


def exhibits(evidence: Evidence) -> tuple[Exhibit, ...]:
    """Return what answers a probe's question, after its numbers."""
    shown = _EXHIBITS[evidence.scope.probe](evidence)
    found = (Exhibit(key=OVERVIEW, grid=numbers(evidence)), *shown)
    return tuple(each for each in found if each.figures or (each.grid and each.grid.rows))


def _factors(evidence: Evidence) -> tuple[Exhibit, ...]:
    block, pixels = (
        points(
            evidence,
            [
                Row(
                    label=meanings.METRICS[score],
                    condition=f"factors/{source}",
                    metric=score,
                    null=f"{score}_null",
                )
                for score in _SCORES
            ],
            name=source,
            heading=meanings.CONDITIONS[f"factors/{source}"],
            axis="score",
            lowest=-0.4,
        )
        for source in ("block", "pca")
    )
    return (Exhibit(key="factors", figures=block, folded=pixels),)


def _traversal(evidence: Evidence) -> tuple[Exhibit, ...]:
    drawn = sheets.drawn(evidence)
    return (Exhibit(key="traversal", figures=drawn[:3], folded=drawn[3:], grid=_moved(evidence)),)


def _moved(evidence: Evidence) -> Grid:
    moved = evidence.estimates["metric"].astype(str).str.startswith("moved_")
    return estimates_grid(evidence.estimates[moved], evidence.scope)


def _alignment(evidence: Evidence) -> tuple[Exhibit, ...]:
    return (Exhibit(key="alignment", figures=alignment.matrices(evidence)),)


def _confidence(evidence: Evidence) -> tuple[Exhibit, ...]:
    shown = (
        *reliability.diagram(evidence),
        *_panels(evidence, "confidence/rotation", ("correct", "confidence")),
        *_panels(evidence, "confidence/rotation", ("calibration_error", "error_auroc")),
    )
    folded = _panels(evidence, "confidence/rotation", ("calibration_error_fitted", "brier"))
    return (Exhibit(key="confidence", figures=shown, folded=folded),)


def _deletion(evidence: Evidence) -> tuple[Exhibit, ...]:
    return tuple(
        Exhibit(
            key=way,
            figures=tuple(
                figure
                for order in ("own", "random")
                for figure in _panels(evidence, f"{way}/{order}", ("retained",))
            ),
        )
        for way in ("deletion", "insertion")
    )


def _specificity(evidence: Evidence) -> tuple[Exhibit, ...]:
    rows = [
        Row(
            label=meanings.CONDITIONS[f"weights/{layer}"],
            condition=f"weights/{layer}",
            metric="class_share",
            null="class_share_null",
        )
        for layer in _LAYERS
    ]
    figures = points(
        evidence,
        rows,
        name="shares",
        heading="Variance of weights between classes",
        axis="share of the variance",
    )
    return (Exhibit(key="specificity", figures=figures, folded=weights.by_class(evidence)),)


def _panels(evidence: Evidence, condition: str, metrics: tuple[str, ...]) -> tuple[Figure, ...]:
    held = (
        panel(evidence.estimates, evidence.scope, condition, metric, classes=evidence.classes)
        for metric in metrics
    )
    return tuple(each for each in held if each.series)


_EXHIBITS: dict[str, Callable[[Evidence], tuple[Exhibit, ...]]] = {
    "factors": _factors,
    "traversal": _traversal,
    "alignment": _alignment,
    "confidence": _confidence,
    "deletion": _deletion,
    "specificity": _specificity,
}
PROBES = tuple(_EXHIBITS)
"""The probes that are shown by these."""
