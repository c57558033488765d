"""The commands that ask about relations, interpretability and cost: one form for all three.

torch and pandas are imported inside them, so that help answers at once.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from capsprobe.cli.options import integers, names, typed
from capsprobe.cli.parameters import (
    BatchSize,
    CellTimeout,
    Config,
    DataDir,
    Dataset,
    Device,
    DryRun,
    Fresh,
    Jobs,
    Json,
    Models,
    Quiet,
    Scheduler,
    Seeds,
    TrainedOn,
    Verbose,
    Weights,
)


@dataclass(frozen=True, kw_only=True)
class Question:
    """A command, the probes that it runs, and what its report is called."""

    command: str
    title: str
    help: str
    probes: tuple[str, ...]


QUESTIONS = (
    Question(
        command="relations",
        title="Relations",
        help="Ask whether parts in wrong places are noticed and poses known; write a report.",
        probes=("relations", "overlap"),
    ),
    Question(
        command="interpret",
        title="Interpretability",
        help="Set embeddings beside measured factors, confidence beside errors; write a report.",
        probes=("factors", "traversal", "alignment", "confidence", "deletion", "specificity"),
    ),
    Question(
        command="cost",
        title="Cost",
        help="Count parameters and MACs, time passes and routing; write a report.",
        # What a network takes is nothing without what it gives.
        probes=("cost", "affine"),
    ),
)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for question in QUESTIONS:
        app.command(question.command, help=question.help)(_command(question))


def _command(question: Question) -> Callable[..., None]:
    probe_help = f"Those of ls probes; {', '.join(question.probes)} by default."

    def command(
        model: Models = None,
        dataset: Dataset = "digits",
        trained_on: TrainedOn = None,
        data_dir: DataDir = None,
        weights: Weights = None,
        probe: Annotated[list[str] | None, typer.Option(help=probe_help)] = None,
        seed: Seeds = None,
        limit: Annotated[
            int | None, typer.Option(help="So many test images; else all, fewer where it is slow.")
        ] = None,
        batch_size: BatchSize = "auto",
        device: Device = "auto",
        jobs: Jobs = "auto",
        scheduler: Scheduler = None,
        cell_timeout: CellTimeout = None,
        output: Annotated[
            Path | None,
            typer.Option(help=f"Run folder; reports/{question.command}-DATASET by default."),
        ] = None,
        config: Config = None,
        fresh: Fresh = False,
        dry_run: DryRun = False,
        as_json: Json = False,
        quiet: Quiet = False,
        verbose: Verbose = False,
    ) -> None:
        from capsprobe.cli import asking, measuring

        request = measuring.Request(
            settings=asking.question_settings(
                models=names("--model", model),
                dataset=dataset,
                trained_on=trained_on,
                data_dir=data_dir,
                weights=weights,
                probes=names("--probe", probe) or question.probes,
                training_seeds=integers("--seed", seed),
                limit=limit,
                batch_size=batch_size,
                device=device,
                cell_timeout=cell_timeout,
                config=config,
            ),
            folder=output or measuring.folder_of(question.command, dataset),
            title=measuring.title_of(question.title, dataset),
            command=typed(sys.argv[1:]),
            fresh=fresh,
            as_json=as_json,
            quiet=quiet,
            jobs=jobs,
            scheduler=scheduler,
        )
        raise typer.Exit(measuring.tell_ahead(request) if dry_run else measuring.measure(request))

    return command
