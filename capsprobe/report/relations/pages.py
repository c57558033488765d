"""Which exhibits the probe of relations has, in the order in which they are read."""

from capsprobe.report import arrangements
from capsprobe.report.curves import panel
from capsprobe.report.exhibits import Exhibit, Figure
from capsprobe.report.grids import single_grid
from capsprobe.report.panels import Grid
from capsprobe.report.points import Row, points
from capsprobe.report.relations import pictures, poses
from capsprobe.report.routing.evidence import Evidence
from capsprobe.report.routing.numbers import numbers
from capsprobe.report.routing.pages import OVERVIEW

PROBE = "relations"
_SCRAMBLES = ("shuffled", "recombined", "mirrored", "seam")
_POSES = ("rotation", "scale", "shear", "shift-x", "shift-y")


def exhibits(evidence: Evidence) -> tuple[Exhibit, ...]:
    """Return what answers the probe's questions, as far as they were asked."""
    first, *others = pictures.sheets(evidence) or (None,)
    found = (
        Exhibit(key=OVERVIEW, grid=numbers(evidence)),
        Exhibit(key="parts", figures=_parts(evidence)),
        Exhibit(key="scrambled", figures=(first,) if first else (), folded=tuple(others)),
        Exhibit(key="pose", figures=_poses(evidence), folded=poses.scatters(evidence)),
        Exhibit(key="input", grid=_input(evidence)),
    )
    return tuple(each for each in found if each.figures or (each.grid and each.grid.rows))


def _parts(evidence: Evidence) -> tuple[Figure, ...]:
    displaced = panel(
        evidence.estimates,
        evidence.scope,
        "parts/displaced",
        "intact_auroc",
        classes=evidence.classes,
    )
    rows = [
        Row(
            label=arrangements.CONDITIONS[f"parts/{name}"],
            condition=f"parts/{name}",
            metric="intact_auroc",
            severity=1.0,
        )
        for name in _SCRAMBLES
    ]
    axis = arrangements.METRICS["intact_auroc"]
    others = points(evidence, rows, name="scrambled", heading="Scrambled digits", axis=axis)
    return (*((displaced,) if displaced.series else ()), *others)


def _poses(evidence: Evidence) -> tuple[Figure, ...]:
    shown: list[Figure] = []
    for metric, null in (("readout", "readout_shuffled"), ("readout_whole", "")):
        rows = [
            Row(
                label=arrangements.CONDITIONS[f"pose/{name}"],
                condition=f"pose/{name}",
                metric=metric,
                null=null,
            )
            for name in _POSES
        ]
        text = arrangements.METRICS[metric]
        heading = f"Pose: {text}"
        shown += points(evidence, rows, name=metric, heading=heading, axis="R²", lowest=-0.1)
    return tuple(shown)


def _input(evidence: Evidence) -> Grid:
    held = evidence.estimates
    return single_grid(held[held["condition"] == "input/coefficients"], evidence.scope)
