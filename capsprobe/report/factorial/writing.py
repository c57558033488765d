"""The page and the tables of a factorial."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from capsprobe.factorial import FACTORS, level
from capsprobe.faults import EnvironmentFault
from capsprobe.files import check_writable, write_text
from capsprobe.report.exports import write_table
from capsprobe.report.factorial import words
from capsprobe.report.factorial.analysis import OUTCOMES, Analysis
from capsprobe.report.figures.effects import Bar, draw_effects
from capsprobe.report.page import environment
from capsprobe.report.styles import PALETTE
from capsprobe.report.svg import Drawing
from capsprobe.stats.families import LEVEL

_ABOUT = {
    "effects": (
        "Accuracy with a part minus accuracy without it, the other parts averaged over; 95 % "
        f"intervals over training seeds and images; p_adjusted after Holm, shown below {LEVEL:g}."
    ),
    "interactions": (
        "Half of how much more a part changes where the second is there than where it is not; "
        "otherwise as effects, a family of their own."
    ),
    "means": "Accuracy of each network of the design in each outcome, mean over training seeds.",
}
# A wide interval would press the others flat; it is cut at the edge.
_REACH = 3.0


def write_factorial(
    found: Analysis, folder: Path, *, command: str, facts: Mapping[str, Any]
) -> Path:
    """Write tables, figures and `index.html` into a folder; return the page's path.

    Raises
    ------
    EnvironmentFault
        Where the folder cannot be written to.
    """
    check_writable(folder)
    drawings = dict(_drawn(found))
    try:
        for name, text in _ABOUT.items():
            about = {"table": name, "description": text, "outcomes": words.MEASURED}
            write_table(getattr(found, name), about, folder / "tables" / name)
        for name, drawing in drawings.items():
            write_text(folder / "figures" / f"{name}.svg", drawing.file)
        write_text(folder / "index.html", _page(found, drawings, command, facts))
    except OSError as error:
        raise EnvironmentFault(
            f"expected a folder that can be written to, got {folder}: {error.strerror}"
        ) from error
    return folder / "index.html"


def _drawn(found: Analysis) -> Iterator[tuple[str, Drawing]]:
    reach = _reach(found.effects)
    for outcome in OUTCOMES:
        rows = found.effects[found.effects["outcome"] == outcome.name]
        bars = [
            Bar(
                label=words.contrast(row["part"]),
                estimate=100.0 * row["estimate"],
                lower=100.0 * row["lower"],
                upper=100.0 * row["upper"],
                shown=row["p_adjusted"] < LEVEL,
            )
            for row in rows.to_dict("records")
        ]
        name = f"effects-{outcome.name}"
        heading = f"Accuracy, {words.OUTCOMES[outcome.name]}"
        yield name, draw_effects(name, heading, bars, reach=reach, axis="effect (pp)")


def _reach(effects: pd.DataFrame) -> float:
    """Return how far the axis goes, in points: all estimates, and intervals that are not wide."""
    largest = float(effects["estimate"].abs().max())
    ends = np.abs(effects[["lower", "upper"]].to_numpy())
    near = ends[ends <= _REACH * largest]
    return 100.0 * max(largest, float(near.max()) if near.size else 0.0, 0.001)


def _page(
    found: Analysis, drawings: Mapping[str, Drawing], command: str, facts: Mapping[str, Any]
) -> str:
    effects = {(row["part"], row["outcome"]): row for row in found.effects.to_dict("records")}
    pairs = found.interactions.sort_values("p_value").to_dict("records")
    return (
        environment()
        .get_template("factorial.html.j2")
        .render(
            found=found,
            facts=facts,
            command=command,
            effects=effects,
            shown=found.shown.to_dict("records"),
            hints=found.hints.to_dict("records"),
            pairs=pairs,
            means=found.means.to_dict("records"),
            outcomes=[outcome.name for outcome in OUTCOMES],
            parts=tuple(FACTORS),
            figures={name: Markup(drawing.inline) for name, drawing in drawings.items()},
            palette=PALETTE,
            words=words,
            named=level,
            level=LEVEL,
            run=next(iter(found.runs.values())),
        )
    )
