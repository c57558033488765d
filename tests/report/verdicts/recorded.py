"""A judged run, made up: all claims with effects that give every verdict."""

from typing import Any

import pandas as pd

from capsprobe.claims.base import Claim, claims, in_order
from capsprobe.claims.judge import Verdict, judge
from tests.claims.recorded import lit, planted

RUN: dict[str, Any] = {
    "schema": 1,
    "title": "Article on digits",
    "command": "python -m capsprobe claims",
    "device": "cpu, x86_64, 2 threads",
    "versions": {"capsprobe": "0.1.0", "numpy": "2.0"},
    "data": {"name": "digits", "n_images": 60, "classes": 10, "sha256": "0" * 64},
    "checkpoints": [],
    "partial": True,
    "judged": {"roles": {}},
}


def observations() -> pd.DataFrame:
    """Return tables of which three claims hold, one fails, one is open and one has no table."""
    effects = {}
    for claim in in_order():
        effects |= _beyond(claim)
    effects["relations/pose"] = -0.3
    table = planted(in_order(), effects)
    clean = pd.concat([_clean(model, table) for model in ("capsnet", "cnn")])
    return pd.concat([table[table["probe"] != "gate"], clean], ignore_index=True)


def verdicts() -> tuple[Verdict, ...]:
    """Return the verdicts on them."""
    return judge(observations(), dataset="digits", lights=lit(), checkpoints=[])


def _beyond(claim: Claim) -> dict[str, float]:
    return {
        f"{claim.id}/{each.id}": 0.0
        if each.kind == "within"
        else each.margin + (abs(each.margin) or 0.1)
        for each in claim.primary
        if each.scale != "points" or each.kind == "within" or claim is claims["robustness"]
    }


def _clean(model: str, table: pd.DataFrame) -> pd.DataFrame:
    """Return clean answers, for pairs of checkpoints."""
    first = table[(table["probe"] == "affine") & (table["model"] == "capsnet")]
    right = (first["unit_id"] % (7 if model == "cnn" else 11) != 0).astype(float)
    return first.assign(model=model, severity=0.0, value=right)
