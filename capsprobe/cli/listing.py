"""The command that lists what there is."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import typer

from capsprobe.attacks.base import attacks
from capsprobe.claims.base import in_order
from capsprobe.data import views
from capsprobe.faults import UsageFault
from capsprobe.models.base import models
from capsprobe.models.checkpoints import SHIPPED, manifest
from capsprobe.probes.base import probes
from capsprobe.registry import unknown
from capsprobe.routing.base import routings

KINDS = ("models", "datasets", "probes", "attacks", "routings", "claims")


def show(kind: str, *, weights: Path | None, as_json: bool) -> None:
    """Print the members of a kind, one a line; models with their checkpoints.

    Raises
    ------
    UsageFault
        Where there is no such kind.
    """
    if kind not in KINDS:
        raise UsageFault(unknown("kind", kind, KINDS))
    rows = _checkpoints(weights or SHIPPED) if kind == "models" else _members(kind)
    if as_json:
        typer.echo(json.dumps(rows))
    else:
        typer.echo(pd.DataFrame(rows).to_string(index=False))


def _members(kind: str) -> list[dict[str, Any]]:
    if kind == "probes":
        return [{"probe": name, "question": probes[name].question} for name in probes]
    if kind == "claims":
        return [{"claim": each.id, "assertion": each.assertion.en} for each in in_order()]
    named = {"datasets": views.names(), "attacks": tuple(attacks), "routings": tuple(routings)}
    return [{kind.removesuffix("s"): name} for name in named[kind]]


def _checkpoints(folder: Path) -> list[dict[str, Any]]:
    """Return a row a checkpoint, and one for every model that has none."""
    rows = [
        {
            "model": entry.model,
            "dataset": entry.dataset,
            "seed": entry.seed,
            "test_accuracy": f"{entry.test_accuracy:.4f}",
            "n_test": entry.n_test,
            "parameters": entry.parameters,
            "epochs": entry.epochs,
            "wall_s": entry.wall_s,
        }
        for entry in manifest(folder)
    ]
    bare = set(models) - {row["model"] for row in rows}
    return rows + [
        {key: name if key == "model" else "-" for key in (rows[0] if rows else {"model": ""})}
        for name in sorted(bare)
    ]
