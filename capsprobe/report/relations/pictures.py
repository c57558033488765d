"""One digit in every way of scrambling, with what each network said of it."""

import pandas as pd

from capsprobe.report import arrangements
from capsprobe.report.exhibits import Sheet
from capsprobe.report.grey import pixels
from capsprobe.report.routing.evidence import Evidence

_INTACT = "parts/intact"
# More columns leave no room for what is said below them.
_DISPLACED = (2.0, 4.0)


def sheets(evidence: Evidence) -> tuple[Sheet, ...]:
    """Return a figure for each digit that was kept; the first network's pictures are all's."""
    kept = evidence.traces
    kept = kept[kept["condition"].isin([_INTACT, *evidence.scope.conditions])]
    kept = kept[kept["name"].isin(["picture", "said"])]
    return tuple(
        _sheet(evidence, rows) for _, rows in kept.groupby("unit_id", sort=True) if len(rows)
    )


def _sheet(evidence: Evidence, rows: pd.DataFrame) -> Sheet:
    drawn = rows[rows["name"] == "picture"].drop_duplicates(["condition", "severity"])
    displaced = drawn["condition"] == "parts/displaced"
    if displaced.any() and drawn.loc[displaced, "severity"].isin(_DISPLACED).any():
        drawn = drawn[~displaced | drawn["severity"].isin(_DISPLACED)]
    ways = list(zip(drawn["condition"].astype(str), drawn["severity"], strict=True))
    shown = tuple(pixels(row) for row in drawn.to_dict("records"))
    said = rows[rows["name"] == "said"]
    return Sheet(
        name=evidence.named("digit", str(rows["unit_id"].iloc[0])),
        heading=f"A {rows['label'].iloc[0]} with its parts in other places",
        columns=tuple(_short(condition, severity) for condition, severity in ways),
        rows=(("digit", shown),),
        lines=tuple(
            (model, tuple(_said(said, model, way) for way in ways)) for model in evidence.models
        ),
        unit_id=int(rows["unit_id"].iloc[0]),
        label=str(rows["label"].iloc[0]),
    )


def _short(condition: str, severity: float) -> str:
    return arrangements.SHORT.get(condition) or f"{severity:g} px"


def _said(said: pd.DataFrame, model: str, way: tuple[str, float]) -> str:
    """Return the score and the class of a model's first training seed."""
    own = said[
        (said["model"] == model) & (said["condition"] == way[0]) & (said["severity"] == way[1])
    ]
    if own.empty:
        return "–"
    sure, named = own.sort_values("training_seed")["values"].iloc[0]
    return f"{sure:.2f} ({named:.0f})"
