"""run.json: what was asked, with what it was run, and what became of every cell.

It holds no path of the machine beyond what the user typed, because reports are passed on.
"""

import dataclasses
import hashlib
import json
import platform
from pathlib import Path
from typing import Any

import torch

from capsprobe.files import write_text
from capsprobe.models.checkpoints import Entry
from capsprobe.parts import is_record
from capsprobe.probes.base import Probe
from capsprobe.study.grid import versions
from capsprobe.study.running import Outcome
from capsprobe.study.settings import describe
from capsprobe.study.swaps import swap_of
from capsprobe.tables import SCHEMA_VERSION

_NOT_OF_THE_ESSENCE = ("command", "title", "outputs")


def record(
    outcome: Outcome, *, command: str, title: str, judged: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Return everything that a report needs besides the observations.

    `judged` is there for a run that claims are judged from: who plays which part in them.
    """
    settings = outcome.settings
    return {
        "schema": SCHEMA_VERSION,
        "title": title,
        "command": command,
        "settings": {
            "models": sorted({cell.model for cell in outcome.cells}),
            "dataset": settings.dataset,
            "trained_on": settings.trained_on,
            "probes": list(outcome.probes),
            "training_seeds": sorted({entry.seed for entry in outcome.entries}),
            "limit": settings.limit,
            "batch_size": sorted({cell.batch_size for cell in outcome.cells}),
            "device": settings.device,
            "seed": settings.seed,
            "routing": settings.routing,
            "iterations": settings.iterations,
        },
        "data": {
            "name": outcome.images.name,
            "split": outcome.images.split,
            "n_images": len(outcome.images),
            "classes": outcome.images.classes,
            "sha256": outcome.images.sha256,
            "notes": list(outcome.images.notes),
        },
        "versions": {**versions(), "python": platform.python_version()},
        "device": _device(settings.device),
        "probes": {name: _probe(probe) for name, probe in outcome.probes.items()},
        "checkpoints": [_checkpoint(outcome, entry) for entry in outcome.entries],
        "cells": [_cell(outcome, index) for index in range(len(outcome.cells))],
        "set_aside": outcome.set_aside,
        "partial": outcome.count("missing") > 0,
        **({"judged": judged} if judged is not None else {}),
    }


def write_record(folder: Path, facts: dict[str, Any]) -> None:
    """Write run.json."""
    write_text(folder / "run.json", json.dumps(facts, indent=1, ensure_ascii=False) + "\n")


def read_record(folder: Path) -> dict[str, Any] | None:
    """Return the run.json of an earlier run in the folder, or none where it cannot be used."""
    try:
        facts = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return facts if is_record(facts) else None


def same_cells(standing: dict[str, Any], plan: Outcome) -> bool:
    """Return whether an earlier run had the very cells of this one."""
    return [cell["key"] for cell in standing["cells"]] == [cell.key for cell in plan.cells]


def outputs(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of everything that a report consists of, by path in the run folder."""
    pages = [folder / "claims.json", *folder.glob("*.html")]
    paths = [*pages, *folder.glob("tables/*"), *folder.glob("figures/*")]
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(paths)
        if path.is_file()
    }


def same_outcome(standing: dict[str, Any], facts: dict[str, Any]) -> bool:
    """Return whether two runs say the same: then a report of the one is that of the other."""
    return _essence(standing) == _essence(facts)


def _essence(facts: dict[str, Any]) -> dict[str, Any]:
    """Return what a report is made from: not the command, the times, or what was cached."""
    named = ("key", "row_hash", "cause", "note", "left_out")
    cells = [
        {name: cell.get(name) for name in named} | {"there": cell["state"] in ("done", "cached")}
        for cell in facts["cells"]
    ]
    kept = {key: value for key, value in facts.items() if key not in _NOT_OF_THE_ESSENCE}
    # Through JSON, which knows no tuples.
    return json.loads(json.dumps({**kept, "cells": cells}))


def _probe(probe: Probe) -> dict[str, Any]:
    return {
        "question": probe.question,
        "metrics": [dataclasses.asdict(metric) for metric in probe.metrics],
        "conditions": [dataclasses.asdict(condition) for condition in probe.conditions],
        "settings": describe(probe),
        "forgone": list(probe.forgone),
    }


def _checkpoint(outcome: Outcome, entry: Entry) -> dict[str, Any]:
    """Return an entry as it was trained, and what it is called in the tables."""
    swap = swap_of(outcome.settings, entry)
    return entry.model_dump() | {"run_as": entry.model + (swap.suffix if swap else "")}


def _cell(outcome: Outcome, index: int) -> dict[str, Any]:
    cell = outcome.cells[index]
    state = outcome.state_of(cell)
    return {
        "key": cell.key,
        "probe": cell.probe,
        "part": cell.part,
        "model": cell.model,
        "training_seed": cell.entry.seed,
        "dataset": cell.dataset,
        "state": state.state,
        "seconds": round(state.seconds, 3),
        "cause": state.cause,
        "row_hash": state.row_hash,
        "note": state.note,
        "left_out": state.left_out,
    }


def _device(name: str) -> str:
    if name.startswith("cuda"):
        return torch.cuda.get_device_name(name)
    return f"{name}, {platform.machine()}, {torch.get_num_threads()} threads"
