"""Gates and routing beside one another: who correlates with whom, and who foretells what."""

from collections.abc import Iterator

import pandas as pd

from capsprobe.report.exhibits import Dot, Dots
from capsprobe.report.measures import span
from capsprobe.report.panels import Cell
from capsprobe.report.routing.evidence import Evidence

_NULL = "_shuffled"
# Kind of figure: its metrics from above to below, and the lowest value that they can have.
KINDS = {
    "together": (
        ("gate_article", "summed_article", "article_routing", "constant_routing"),
        -1.0,
    ),
    "drops": (
        (
            "drop_routing",
            "drop_activity",
            "drop_constant",
            "drop_length",
            "drop_article",
            "drop_gate",
            "drop_summed",
        ),
        -1.0,
    ),
    "variation": (("routing_variation", "gate_variation", "article_variation"), 0.0),
    "driven": (("belonging_routing", "belonging_gate", "belonging_constant"), -1.0),
}


def dots(evidence: Evidence, kind: str) -> tuple[Dots, ...]:
    """Return a figure for each layer that has children to weigh."""
    conditions = sorted(evidence.estimates["condition"].unique())
    found = (_dots(evidence, str(condition), kind) for condition in conditions)
    return tuple(each for each in found if each.rows)


def _dots(evidence: Evidence, condition: str, kind: str) -> Dots:
    metrics, lowest = KINDS[kind]
    held = [(metric, evidence.rows(condition, metric)) for metric in metrics]
    seen = pd.concat([rows for _, rows in held])
    return Dots(
        name=evidence.named(condition, kind),
        condition=condition,
        kind=kind,
        lowest=lowest,
        rows=tuple(
            (metric, tuple(_points(rows, evidence.rows(condition, f"{metric}{_NULL}"), evidence)))
            for metric, rows in held
            if len(rows)
        ),
        n_seeds=span(seen["n_seeds"]),
        n_units=span(seen["n_units"]),
    )


def _points(rows: pd.DataFrame, nulls: pd.DataFrame, evidence: Evidence) -> Iterator[Dot]:
    for model in evidence.models:
        if model in set(rows["model"]):
            yield Dot(model=model, cell=_cell(rows, model), null=_cell_or_none(nulls, model))


def _cell(rows: pd.DataFrame, model: str) -> Cell:
    row = rows[rows["model"] == model].iloc[0]
    return Cell(
        estimate=float(row["estimate"]), lower=float(row["lower"]), upper=float(row["upper"])
    )


def _cell_or_none(rows: pd.DataFrame, model: str) -> Cell | None:
    return _cell(rows, model) if model in set(rows["model"]) else None
