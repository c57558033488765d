"""Which exhibits the probe of corruptions has, in the order in which they are read."""

from capsprobe.report.corruption import errors, strips
from capsprobe.report.curves import panels
from capsprobe.report.exhibits import Exhibit
from capsprobe.report.routing.evidence import Evidence
from capsprobe.report.routing.pages import OVERVIEW

PROBE = "corruption"


def exhibits(evidence: Evidence) -> tuple[Exhibit, ...]:
    """Return what the kinds look like, the errors under each, and those beside the baseline's."""
    curves = panels(
        evidence.estimates,
        evidence.scope,
        classes=evidence.classes,
        most=len(evidence.scope.conditions),
    )
    found = (
        Exhibit(key=OVERVIEW, grid=errors.means(evidence)),
        Exhibit(
            key="kinds",
            figures=(*strips.strips(evidence), *errors.ladders(evidence)),
            folded=curves,
        ),
        Exhibit(key="beside", grid=errors.by_kind(evidence)),
    )
    return tuple(each for each in found if each.figures or (each.grid and each.grid.rows))
