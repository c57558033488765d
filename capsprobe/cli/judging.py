"""`capsprobe claims`: all probes that the claims need, then the verdicts."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

from capsprobe.claims.base import claims, in_order
from capsprobe.claims.judge import VERDICTS
from capsprobe.claims.needs import needs
from capsprobe.claims.text import Language
from capsprobe.cli import measuring
from capsprobe.cli.measuring import DONE, Request
from capsprobe.faults import DataFault, UsageFault
from capsprobe.models.own import is_own
from capsprobe.models.own.opening import called_in_tables
from capsprobe.registry import unknown
from capsprobe.report.verdicts.words import VERDICTS as SAID
from capsprobe.report.verdicts.writing import PAGES

GATE = 1
Gates = tuple[tuple[str, str], ...]


def roles_of(given: list[str]) -> dict[str, str]:
    """Return who plays which part, from `PART=MODEL`.

    Raises
    ------
    UsageFault
        Where there is no such part, or one is given twice.
    """
    parts = sorted({model for held in needs(in_order(), {}).values() for model in held})
    found: dict[str, str] = {}
    for text in given:
        part, equals, model = text.partition("=")
        if not equals or not model:
            raise UsageFault(f"--role: expected PART=MODEL, got {text!r}")
        if part not in parts:
            raise UsageFault(f"--role: {unknown('part', part, tuple(parts))}")
        if part in found:
            raise UsageFault(f"--role: expected each part once, got {part} twice")
        found[part] = model
    players = [found.get(part, part) for part in parts]
    if twice := sorted({name for name in players if players.count(name) > 1}):
        raise UsageFault(f"--role: expected another model in each part, got {twice[0]} in two")
    return found


def called(roles: Mapping[str, str]) -> dict[str, str]:
    """Return the parts with what their models are called in tables."""
    return {
        part: called_in_tables(model) if is_own(model) else model for part, model in roles.items()
    }


def gates_of(given: list[str]) -> Gates:
    """Return the claims and verdicts at which to fail, from `CLAIM=VERDICT`; raise UsageFault."""
    found = []
    for text in given:
        claim, equals, verdict = text.partition("=")
        if not equals:
            raise UsageFault(f"--fail-on: expected CLAIM=VERDICT, got {text!r}")
        if claim not in claims:
            raise UsageFault(f"--fail-on: {unknown('claim', claim, tuple(claims))}")
        if verdict not in VERDICTS:
            raise UsageFault(f"--fail-on: {unknown('verdict', verdict, VERDICTS)}")
        found.append((claim, verdict))
    return tuple(found)


def judge_run(request: Request, *, gates: Gates, language: Language) -> int:
    """Measure, judge, print page and verdicts; return the exit status, 1 at a gate."""
    status = measuring.measure(request, tell=False)
    try:
        facts = json.loads((request.folder / "claims.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataFault(f"expected verdicts in {request.folder}, got none: {error}") from error
    page = request.folder / PAGES[language]
    _tell(facts, page, language, as_json=request.as_json, quiet=request.quiet)
    stopped = [
        f"{each['id']}={each['verdict']}"
        for each in facts["claims"]
        if (each["id"], each["verdict"]) in gates
    ]
    if stopped:
        typer.echo(f"failed on {', '.join(stopped)}", err=True)
    return GATE if stopped and status == DONE else status


def _tell(
    facts: Mapping[str, Any], page: Path, language: Language, *, as_json: bool, quiet: bool
) -> None:
    if as_json:
        verdicts = {each["id"]: each["verdict"] for each in facts["claims"]}
        typer.echo(json.dumps({"report": str(page), "claims": verdicts}))
        return
    if not quiet:
        for each in facts["claims"]:
            told = each["sentence"][language]
            verdict = f"{SAID[each['verdict']][language]:<12}"
            typer.echo(f"{each['id']:<18}{verdict}{told}", err=True)
    typer.echo(page)
