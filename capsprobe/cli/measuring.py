"""The measuring commands: settings from options, then the study, then the report."""

import json
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer
from pydantic import ValidationError
from rich.console import Console

from capsprobe.attacks.base import attacks
from capsprobe.attacks.budgets import BUDGETS
from capsprobe.claims.base import in_order
from capsprobe.claims.needs import needs
from capsprobe.cli.complaints import complaint
from capsprobe.cli.devices import resolve
from capsprobe.cli.jobs import jobs_for
from capsprobe.cli.options import integer
from capsprobe.cli.threads import use_threads
from capsprobe.data.own import called_in_tables, is_own
from capsprobe.data.views import Name
from capsprobe.faults import EnvironmentFault, UsageFault
from capsprobe.models.checkpoints import SHIPPED, manifest
from capsprobe.probes.base import probes
from capsprobe.report import render
from capsprobe.study import Settings
from capsprobe.study.foreseeing import Foreseen, foresee
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

_OPTIONS = {"training_seeds": "seed", "models": "model", "probes": "probe"}
WITH_DECODER = ("capsnet-decoder", "cnn-decoder", "senet-decoder")
# Heads for the questions about routing, the network that was trained on attacks, and those for
# questions to an embedding. Beside capsnet, cnn and senet they would make the main job three times
# as long; who wants to know how robust they are names them.
UNLESS_NAMED = (
    "capsnet-article",
    "capsnet-attention",
    "capsnet-em",
    "capsnet-kmeans",
    "cnn-adversarial",
    "se-head",
    *WITH_DECODER,
)
# Shipped networks may have more, for claims: each costs as much as the first.
FIRST_SEEDS = (0, 1, 2)
ROBUSTNESS = ("adversarial", "affine", "corruption", "overlap", "spatial", "strength", "transfer")
# Those that look at a few images unless told how many.
LIMITED = (
    "adversarial",
    "corruption",
    "detection",
    "output-maps",
    "spatial",
    "strength",
    "transfer",
)
ROUTING = ("gate", "routing")
# Those that look into networks, at fewer images than there are unless told how many.
EMBEDDING = ("alignment", "deletion", "factors", "relations", "specificity")
# The probe that budget, precision and epsilons are for.
_ATTACKS = "adversarial"
# The probe that asks whether they were strong enough, of what they spend.
_EVIDENCE = "strength"
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


def robustness_settings(
    *,
    epsilons: tuple[float, ...],
    budget: str | None,
    dtype: str,
    config: Path | None,
    **options: Any,
) -> Settings:
    """Return checked settings; raise UsageFault with one line for the first that is wrong."""
    configured = _configured(config)
    given = {
        **({"budget": budget} if budget is not None else {}),
        **({"dtype": dtype} if dtype != "fp32" else {}),
        **({"linf": tuple(sorted(epsilons))} if epsilons else {}),
    }
    _check_attacked(options["probes"], given)
    configured.setdefault(_ATTACKS, {}).update(given)
    for key, value in _spent(budget).items():
        configured.setdefault(_EVIDENCE, {}).setdefault(key, value)
    if options["limit"] is not None:
        # Who says how many images are wanted gets them attacked too, however long it takes.
        for name in LIMITED:
            configured.setdefault(name, {}).setdefault("limit", options["limit"])
    return _settings(probe_settings=configured, unless_named=UNLESS_NAMED, **options)


def _spent(budget: str | None) -> dict[str, int]:
    """Return what PGD and Square spend within a budget; nothing where that is not known or said."""
    named = next((each for each in BUDGETS if each == budget), None)
    if named is None:
        return {}
    return {
        name: getattr(attacks[attack].within(named), name)
        for attack, names in (("pgd", ("steps", "restarts")), ("square", ("queries",)))
        for name in names
    }


def _check_attacked(chosen: tuple[str, ...], given: dict[str, Any]) -> None:
    """Raise UsageFault where something is said about attacks and no chosen probe runs them."""
    for name in chosen:
        probes[name]
    if given and _ATTACKS not in chosen:
        option = {"linf": "eps"}.get(first := next(iter(given)), first)
        raise UsageFault(f"expected a probe that attacks with --{option}, got {', '.join(chosen)}")


def routing_settings(*, iterations: int | None, config: Path | None, **options: Any) -> Settings:
    """Return checked settings; raise UsageFault with one line for the first that is wrong."""
    configured = _configured(config)
    if iterations is not None:
        configured.setdefault("routing", {})["iterations"] = iterations
    if options["limit"] is not None:
        # Who says how many images are wanted gets the children of all of them ablated.
        configured.setdefault("gate", {}).setdefault("limit", options["limit"])
    return _settings(probe_settings=configured, unless_named=WITH_DECODER, **options)


def question_settings(*, config: Path | None, **options: Any) -> Settings:
    """Return checked settings; raise UsageFault with one line for the first that is wrong."""
    configured = _configured(config)
    if options["limit"] is not None:
        for name in EMBEDDING:
            configured.setdefault(name, {}).setdefault("limit", options["limit"])
    unless_named = tuple(name for name in UNLESS_NAMED if name not in WITH_DECODER)
    return _settings(probe_settings=configured, unless_named=unless_named, **options)


def claims_settings(
    *, roles: dict[str, str], budget: str | None, config: Path | None, **options: Any
) -> Settings:
    """Return the settings of all that the claims need; raise UsageFault for the first mistake."""
    configured = _configured(config)
    asked = needs(in_order(), roles)
    if budget is not None:
        configured.setdefault(_ATTACKS, {})["budget"] = budget
        for key, value in _spent(budget).items():
            configured.setdefault(_EVIDENCE, {}).setdefault(key, value)
    if options["limit"] is not None:
        for name in {*LIMITED, *EMBEDDING, "gate"} & set(asked):
            configured.setdefault(name, {}).setdefault("limit", options["limit"])
    wanted = {model for held in asked.values() for model in held}
    given = _settings(
        probe_settings=configured,
        unless_named=(),
        probes=tuple(asked),
        models=tuple(sorted(wanted & (_trained(options) | set(roles.values())))),
        **options,
    )
    return given.model_copy(update={"asked": asked, "seeds_unless_named": ()})


def _trained(options: dict[str, Any]) -> set[str]:
    """Return the models that have a checkpoint of the dataset: without one, claims go untested."""
    folder = options["weights"]
    held = manifest(SHIPPED if folder is None or folder.is_file() else folder)
    base = options["dataset"]
    return {entry.model for entry in held if Name.parse(entry.dataset).base == base}


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


def _settings(
    *,
    device: str,
    batch_size: str,
    weights: Path | None,
    unless_named: tuple[str, ...],
    **options: Any,
) -> Settings:
    given = {**options, "device": resolve(device)}
    # A folder of one's own is examined whole.
    if weights is None or weights.is_file():
        given |= {"unless_named": unless_named, "seeds_unless_named": FIRST_SEEDS}
    given["batch_size"] = None if batch_size == "auto" else integer("--batch-size", batch_size)
    if weights is not None:
        given["own_weights" if weights.is_file() else "weights"] = weights
    try:
        return Settings(**given)
    except ValidationError as error:
        raise UsageFault(complaint(error, Settings, _OPTIONS)) from error


def _configured(path: Path | None) -> dict[str, dict[str, Any]]:
    if path is None:
        return {}
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageFault(f"--config: expected a TOML file, got {path}: {error}") from error
    extra = sorted(content.keys() - {"probe"})
    parts = content.get("probe", {})
    tables = isinstance(parts, dict) and all(isinstance(each, dict) for each in parts.values())
    if extra or not tables:
        raise UsageFault(f"--config: expected tables [probe.NAME], got {extra or 'other values'}")
    return dict(parts)
