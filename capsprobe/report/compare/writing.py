"""The page and the tables of a comparison."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from markupsafe import Markup

from capsprobe.faults import EnvironmentFault
from capsprobe.files import check_writable, write_text
from capsprobe.report import wording
from capsprobe.report.compare.comparing import Comparison
from capsprobe.report.draw import draw_forest, reach_of
from capsprobe.report.exports import write_table
from capsprobe.report.names import in_order, slug
from capsprobe.report.page import environment
from capsprobe.report.styles import PALETTE, styles
from capsprobe.report.summary import Difference, Forest
from capsprobe.report.svg import Drawing
from capsprobe.stats.compared import FEWEST, LEVEL

_ABOUT = {
    "table": "compare",
    "description": (
        "Second run minus first, paired by model, training seed and unit. A severity of NaN is the "
        "mean over severities other than zero. p_worse and p_better are one-sided, beyond the "
        f"margin, and corrected by Holm over the rows that have them; verdict at {LEVEL:g}."
    ),
}
_NUMBERS = ("estimate", "lower", "upper", "n_seeds", "n_units")


def write_comparison(found: Comparison, folder: Path) -> Path:
    """Write tables, figures and `index.html` into a folder; return the page's path.

    Raises
    ------
    EnvironmentFault
        Where the folder cannot be written to.
    """
    check_writable(folder)
    forests = tuple(_forests(found))
    drawings = _drawn(forests)
    try:
        write_table(found.table, {**_ABOUT, "margin": found.margin}, folder / "tables" / "compare")
        for name, drawing in drawings.items():
            write_text(folder / "figures" / f"{name}.svg", drawing.file)
        write_text(folder / "index.html", _page(found, forests, drawings))
    except OSError as error:
        raise EnvironmentFault(
            f"expected a folder that can be written to, got {folder}: {error.strerror}"
        ) from error
    return folder / "index.html"


def _forests(found: Comparison) -> Iterator[Forest]:
    """Yield one small figure a model, of its primary measures."""
    rows = found.table.loc[list(found.measures)]
    for model in in_order(map(str, rows["model"].unique())):
        a, b = f"{model}, second run", "first run"
        differences = tuple(
            Difference(a=a, b=b, measure=found.measures[row], **_numbers(found, row))
            for row in rows.index[rows["model"] == model].tolist()
        )
        yield Forest(name=slug(f"change-{model}"), a=a, b=b, differences=differences)


def _numbers(found: Comparison, row: int) -> dict[Any, Any]:
    return found.table.loc[[row], list(_NUMBERS)].to_dict("records")[0]


def _drawn(forests: tuple[Forest, ...]) -> Mapping[str, Drawing]:
    looks = styles(each.a.removesuffix(", second run") for each in forests)
    reach = reach_of(forests)
    return {
        each.name: draw_forest(
            each,
            dict.fromkeys((each.a, each.b), looks[each.a.removesuffix(", second run")]),
            reach=reach,
        )
        for each in forests
    }


def _page(found: Comparison, forests: tuple[Forest, ...], drawings: Mapping[str, Drawing]) -> str:
    rows = found.table.loc[list(found.measures)].to_dict("records")
    told = [{**row, "measure": of} for row, of in zip(rows, found.measures.values(), strict=True)]
    order = {"worse": 0, "better": 1}
    told.sort(key=lambda row: order.get(row["verdict"], 2))
    return (
        environment()
        .get_template("compare.html.j2")
        .render(
            found=found,
            rows=told,
            forests=forests,
            figures={name: Markup(drawing.inline) for name, drawing in drawings.items()},
            palette=PALETTE,
            words=wording,
            fewest=FEWEST,
            level=LEVEL,
        )
    )
