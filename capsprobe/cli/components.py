"""The factorial, run: networks trained, asked, and the page written."""

import json
import sys
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
            dataset=str(name),
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
        _train(design, request, jobs)
        outcomes = [_measured(design, recipe, request, jobs) for recipe in RECIPES]
    except KeyboardInterrupt:
        outcomes = []
    if not outcomes or any(each.interrupted for each in outcomes):
        sys.stderr.write(f"interrupted; to resume: {request.command}\n")
        return INTERRUPTED
    found = analyse(request.folder)
    facts = {"dataset": design.dataset, "epochs": design.plans()[0].recipe.epochs}
    page = write_factorial(found, request.folder, command=request.command, facts=facts)
    told = {"report": str(page), "effects": len(found.effects), "shown": len(found.shown)}
    typer.echo(json.dumps(told) if request.as_json else page)
    return CELLS_FAILED if any(each.count("failed") for each in outcomes) else DONE


def _train(design: Design, request: Request, jobs: int) -> None:
    lacking = missing(design.plans())
    for place, entry in enumerate(train_all(lacking, jobs=jobs), start=1):
        if not request.quiet:
            decoder = "with" if entry.has_decoder else "without"
            sys.stderr.write(
                f"trained {place}/{len(lacking)}: {entry.model}, {entry.recipe['loss']}, "
                f"{decoder} decoder, seed {entry.seed}: {entry.test_accuracy:.2%} right, "
                f"{entry.wall_s:.0f} s\n"
            )


def _measured(design: Design, recipe: str, request: Request, jobs: int) -> Outcome:
    settings = design.settings(recipe, request.limit)
    plan, folder = plan_study(settings), request.folder / "runs" / recipe
    with shown(Console(stderr=True), quiet=request.quiet) as listener:
        outcome = run_study(settings, folder, listener=listener, plan=plan, jobs=jobs)
    title = f"Networks trained by {recipe} on {design.dataset}"
    write_record(folder, record(outcome, command=request.command, title=title))
    return outcome
