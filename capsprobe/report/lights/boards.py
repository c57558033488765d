"""The lights of one dataset as they are shown: a row a light, a column a model."""

from collections import defaultdict
from collections.abc import Hashable, Sequence
from typing import Any

import pandas as pd

from capsprobe.report.exhibits import Board, Exhibit, Lamp
from capsprobe.report.routing.evidence import Evidence
from capsprobe.report.signs import sentence
from capsprobe.report.summary import NotShown
from capsprobe.stats.lights.signs import LIGHTS
from capsprobe.stats.lights.table import not_shown

KEY = "lights"
PROBE = "strength"
# Of several training seeds the worst is shown.
_WORST_FIRST = ("failed", "passed", "not checked")


def exhibits(evidence: Evidence) -> tuple[Exhibit, ...]:
    """Return the one exhibit of lights, a board for each threat model."""
    table, models = evidence.lights, evidence.scope.models
    threats = sorted(set(table["threat"]), key=lambda name: (name != "linf", name))
    boards = tuple(_board(table[table["threat"] == name], name, models) for name in threats)
    return (Exhibit(key=KEY, boards=boards),)


def doubted(table: pd.DataFrame) -> tuple[NotShown, ...]:
    """Return the models whose robustness is not shown by these lights."""
    return tuple(
        NotShown(model=key.model, dataset=key.dataset, threat=key.threat, lights=failed)
        for key, failed in not_shown(table).items()
    )


def _board(table: pd.DataFrame, threat: str, models: Sequence[str]) -> Board:
    present = [name for name in models if name in set(table["model"])]
    held: dict[tuple[str, str], list[dict[Hashable, Any]]] = defaultdict(list)
    for row in table.to_dict("records"):
        held[row["light"], row["model"]].append(row)
    return Board(
        threat=threat,
        models=tuple(present),
        rows=tuple(
            (light, tuple(_lamp(held[light, model], model) for model in present))
            for light in LIGHTS
        ),
    )


def _lamp(rows: list[dict[Hashable, Any]], model: str) -> Lamp:
    state = next(each for each in _WORST_FIRST if any(row["state"] == each for row in rows))
    return Lamp(
        model=model,
        state=state,
        seeds=tuple(int(row["training_seed"]) for row in rows if row["state"] == state),
        n_seeds=len(rows),
        sentences=tuple(sentence(row) for row in rows if row["state"] == state),
    )
