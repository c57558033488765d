"""Which exhibits the spatial worst case has, in the order in which they are read."""

from capsprobe.report.exhibits import Exhibit, Matrix
from capsprobe.report.routing.evidence import Evidence
from capsprobe.report.shifts import is_robust
from capsprobe.report.spatial import classes, stairs

PROBE = "spatial"


def exhibits(evidence: Evidence) -> tuple[Exhibit, ...]:
    """Return accuracy from natural to the worst that was found, and class by class."""
    conditions = evidence.scope.conditions
    searched = [name for name in conditions if is_robust(name)]
    others = [name for name in conditions if not is_robust(name)]
    found = (
        Exhibit(key="spatial", figures=stairs.stairs(evidence), grid=stairs.grid(evidence)),
        Exhibit(
            key="spatial-classes",
            figures=_classes(evidence, searched, severity=1.0),
            folded=(
                *_classes(evidence, others, severity=0.0),
                *_classes(evidence, others, severity=1.0),
            ),
        ),
    )
    return tuple(each for each in found if each.figures)


def _classes(evidence: Evidence, conditions: list[str], *, severity: float) -> tuple[Matrix, ...]:
    return tuple(
        figure
        for name in conditions
        for figure in classes.matrices(evidence, name, severity=severity)
    )
