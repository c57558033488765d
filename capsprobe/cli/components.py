"""The factorial, run: networks trained, asked, and the page written."""

import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import typer
from rich.console import Console

from capsprobe.cli.devices import resolve
from capsprobe.cli.jobs import jobs_for
from capsprobe.cli.measuring import CELLS_FAILED, DONE, INTERRUPTED
from capsprobe.cli.threads import use_threads
from capsprobe.data.base import Source
from capsprobe.data.views import Name
from capsprobe.factorial import RECIPES
from capsprobe.faults import UsageFault
from capsprobe.files import check_writable
from capsprobe.report.factorial import analyse, write_factorial
from capsprobe.study import run_study
from capsprobe.study.components import Design, missing, train_all
from capsprobe.study.progress import shown
from capsprobe.study.record import record, write_record
from capsprobe.study.running import Outcome, plan_study

_MOST_EPOCHS = 10_000


@dataclass(frozen=True, kw_only=True)
class Request:
    """A factorial, as it was asked for."""

    dataset: str
    data_dir: Path | None
    seeds: tuple[int, ...]
    epochs: int | None
    limit: int | None
    device: str
    jobs: str
    folder: Path
    command: str
    as_json: bool
    quiet: bool

    def design(self) -> Design:
        """Return what is trained; raise UsageFault, EnvironmentFault where it cannot be meant."""
        name = Name.parse(self.dataset)
        if name.view != "single":
            raise UsageFault(f"--dataset: expected a base dataset, got {self.dataset}")
        if self.epochs is not None and not 1 <= self.epochs <= _MOST_EPOCHS:
            raise UsageFault(f"--epochs: expected 1 to {_MOST_EPOCHS}, got {self.epochs}")
        if self.limit is not None and self.limit < 1:
            raise UsageFault(f"--limit: expected at least 1 image, got {self.limit}")
        if len(set(self.seeds)) < len(self.seeds) or min(self.seeds) < 0:
            told = ",".join(map(str, self.seeds))
            raise UsageFault(f"--seed: expected whole numbers from 0 on, each once, got {told}")
        return Design(
            dataset=self.dataset,
            seeds=self.seeds,
            folder=self.folder,
            epochs=self.epochs,
            source=Source(folder=self.data_dir),
            device=resolve(self.device),
        )


def tell_ahead(request: Request) -> int:
    """Print what would be trained and asked; return the exit status."""
    plans = request.design().plans()
    lacking = missing(plans)
    for plan in lacking:
        decoder = "with" if plan.recipe.decoder_weight else "without"
        typer.echo(f"{plan.model} {plan.recipe.loss} {decoder} decoder seed {plan.seed}")
    typer.echo(
        f"{len(plans)} networks, {len(plans) - len(lacking)} of them trained, "
        f"{plans[0].recipe.epochs} epochs each"
    )
    return DONE


def run(request: Request) -> int:
    """Train what is missing, measure, write the page; return the exit status."""
    design = request.design()
    jobs = jobs_for(request.jobs, design.device, threads=use_threads())
    check_writable(request.folder)
    try:
        trained = _train(design, request, jobs)
        outcomes = _measured(design, request, jobs)
    except KeyboardInterrupt:
        return _interrupted(request)
    if outcomes[-1].interrupted:
        return _interrupted(request)
    found = analyse(request.folder)
    facts = {"dataset": design.called, "epochs": design.plans()[0].recipe.epochs}
    page = write_factorial(found, request.folder, command=request.command, facts=facts)
    told = {"report": str(page), "effects": len(found.effects), "shown": len(found.shown)}
    typer.echo(json.dumps(told) if request.as_json else page)
    failed = any(each.count("failed") for each in outcomes)
    return CELLS_FAILED if failed or not trained or found.dropped else DONE


def _interrupted(request: Request) -> int:
    sys.stderr.write(f"interrupted; to resume: {request.command}\n")
    return INTERRUPTED


def _train(design: Design, request: Request, jobs: int) -> bool:
    """Train what is missing; return whether nothing failed."""
    lacking = missing(design.plans())
    failed = False
    found = train_all(lacking, dataset=request.dataset, jobs=jobs)
    for place, each in enumerate(found, start=1):
        decoder = "with" if each.plan.recipe.decoder_weight else "without"
        what = (
            f"{each.plan.model}, {each.plan.recipe.loss}, {decoder} decoder, seed {each.plan.seed}"
        )
        if each.entry is None:
            failed = True
            sys.stderr.write(f"failed: {what}: {each.cause}\n")
        elif not request.quiet:
            sys.stderr.write(
                f"trained {place}/{len(lacking)}: {what}: {each.entry.test_accuracy:.2%} right, "
                f"{each.entry.wall_s:.0f} s\n"
            )
    return not failed


def _measured(design: Design, request: Request, jobs: int) -> list[Outcome]:
    """Ask the networks, recipe by recipe, until all are asked or one run is interrupted."""
    console, outcomes = Console(stderr=True), list[Outcome]()
    for recipe in RECIPES:
        settings = design.settings(recipe, request.limit)
        plan, folder = plan_study(settings), request.folder / "runs" / recipe
        if not (outcomes or request.quiet):
            _say(console, [f"note: {note}" for note in plan.images.notes])
        with shown(console, quiet=request.quiet) as listener:
            outcome = run_study(settings, folder, listener=listener, plan=plan, jobs=jobs)
        _say(console, [f"warning: {line}" for line in outcome.set_aside])
        title = f"Networks trained by {recipe} on {design.called}"
        write_record(folder, record(outcome, command=request.command, title=title))
        outcomes.append(outcome)
        if outcome.interrupted:
            break
    return outcomes


def _say(console: Console, lines: Iterable[str]) -> None:
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
