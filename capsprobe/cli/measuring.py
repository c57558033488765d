"""The measuring commands: the study, then the report."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer
from rich.console import Console

from capsprobe.cli.jobs import jobs_for
from capsprobe.cli.threads import use_threads
from capsprobe.data.own import called_in_tables, is_own
from capsprobe.faults import EnvironmentFault, UsageFault
from capsprobe.report import render
from capsprobe.study import Settings
from capsprobe.study.foreseeing import Foreseen, foresee
from capsprobe.study.pools import make_ready
from capsprobe.study.progress import shown
from capsprobe.study.record import (
    outputs,
    read_record,
    record,
    same_cells,
    same_outcome,
    write_record,
)
from capsprobe.study.running import Outcome, plan_study, run_study, take_up

DONE, CELLS_FAILED, INTERRUPTED = 0, 1, 130


@dataclass(frozen=True, kw_only=True)
class Request:
    """A measuring command, understood."""

    settings: Settings
    folder: Path
    title: str
    command: str
    fresh: bool
    as_json: bool
    quiet: bool
    jobs: str = "auto"
    scheduler: str | None = None
    judged: dict[str, Any] | None = None


def tell_ahead(request: Request) -> int:
    """Print what would be run, what it costs and leaves out; return the exit status."""
    jobs_for(request.jobs, request.settings.device, threads=use_threads())
    plan = plan_study(request.settings)
    there = sum((request.folder / "cells" / f"{c.key}.parquet").is_file() for c in plan.cells)
    for note in () if request.quiet else plan.images.notes:
        sys.stderr.write(f"note: {note}\n")
    for cell in plan.cells:
        typer.echo(cell.label)
    typer.echo(f"{len(plan.cells)} cells, {there} of them finished, {len(plan.images)} images")
    for each in foresee(plan):
        typer.echo(_told(each))
    for name, probe in plan.probes.items():
        for text in probe.forgone:
            typer.echo(f"{name} leaves out {text}")
    return DONE


def measure(request: Request, *, tell: bool = True) -> int:
    """Run the study and write the report; print its path and return the exit status.

    Who does not `tell` says something else of it.
    """
    console = Console(stderr=True)
    jobs = jobs_for(request.jobs, request.settings.device, threads=use_threads())
    if request.scheduler is not None and request.jobs != "auto":
        raise UsageFault("expected --jobs or --scheduler, got both")
    if jobs > 1 and request.scheduler is None:
        make_ready()
    plan = plan_study(request.settings)
    standing = read_record(request.folder)
    for note in () if request.quiet else plan.images.notes:
        console.print(f"note: {note}", markup=False, highlight=False, soft_wrap=True)
    if standing is None or not same_cells(standing, plan):
        _start(request, plan)
    with shown(console, quiet=request.quiet) as listener:
        outcome = run_study(
            request.settings,
            request.folder,
            listener=listener,
            fresh=request.fresh,
            plan=plan,
            jobs=jobs,
            scheduler=request.scheduler,
        )
    for line in outcome.set_aside:
        console.print(f"warning: {line}", markup=False, highlight=False, soft_wrap=True)
    facts = _record(request, outcome)
    page = request.folder / "index.html"
    if request.fresh or not _stands(standing, facts, request.folder):
        page = _report(request, outcome)
    _tell(request, outcome, page if tell else None)
    if outcome.interrupted:
        sys.stderr.write(f"interrupted; to resume: {request.command}\n")
        return INTERRUPTED
    return CELLS_FAILED if outcome.count("failed") else DONE


def folder_of(kind: str, dataset: str) -> Path:
    """Return the run folder where none is named; data of the user's own get a harmless name."""
    return Path("reports") / f"{kind}-{_called(dataset)}"


def title_of(what: str, dataset: str) -> str:
    """Return the report's title."""
    return f"{what} on {_called(dataset)}"


def _called(dataset: str) -> str:
    return called_in_tables(dataset) if is_own(dataset) else dataset


def _told(each: Foreseen) -> str:
    """Return a line for one budget."""
    cost = each.cost
    (least_f, least_b), (most_f, most_b) = cost.least, cost.most
    return (
        f"{each.probe}, budget {cost.budget}{' (chosen)' if cost.chosen else ''}: "
        f"{least_f} to {most_f} forward and {least_b} to {most_b} backward passes an image, "
        f"{cost.images} images, checkpoints: {each.checkpoints}; in one process "
        f"{each.least / 60.0:.1f} minutes where images survive the first epsilon alone, "
        f"{each.most / 60.0:.1f} where they survive all, by a few timed passes; less where they "
        "break in the first steps"
    )


def _stands(standing: dict[str, Any] | None, facts: dict[str, Any], folder: Path) -> bool:
    """Return whether the report in the folder is the one that would be written now."""
    return (
        standing is not None
        and same_outcome(standing, facts)
        and standing.get("outputs") == outputs(folder)
    )


def _record(request: Request, outcome: Outcome) -> dict[str, Any]:
    return record(outcome, command=request.command, title=request.title, judged=request.judged)


def _report(request: Request, outcome: Outcome) -> Path:
    """Write record and report, again where another run in the folder finished cells meanwhile."""
    while True:
        facts = _record(request, outcome)
        write_record(request.folder, facts)
        page = render(request.folder)
        if request.fresh or not take_up(outcome, request.folder):
            break
    # Last, so that a report that was cut short is never taken for a whole one.
    write_record(request.folder, {**facts, "outputs": outputs(request.folder)})
    return page


def _start(request: Request, plan: Outcome) -> None:
    """Write run.json before anything is computed, so that a killed run can be reported too."""
    facts = _record(request, plan)
    try:
        write_record(request.folder, facts)
    except OSError as error:
        raise EnvironmentFault(
            f"expected a folder that can be written to, got {request.folder}: {error.strerror}"
        ) from error


def _tell(request: Request, outcome: Outcome, page: Path | None) -> None:
    counts = {state: outcome.count(state) for state in ("done", "cached", "failed", "missing")}
    if page is not None and request.as_json:
        typer.echo(json.dumps({"report": str(page), "cells": counts}))
    elif page is not None:
        typer.echo(page)
    if not request.quiet:
        text = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
        sys.stderr.write(f"cells: {text}\n")
