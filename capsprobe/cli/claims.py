"""The command that judges the article's claims, and its options.

torch and pandas are imported inside it, so that help answers at once.
"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from capsprobe.cli.options import integers, typed
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
    Language,
    Quiet,
    Scheduler,
    Verbose,
    Weights,
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("claims")(_claims)


def _claims(
    dataset: Dataset = "digits",
    data_dir: DataDir = None,
    weights: Weights = None,
    role: Annotated[
        list[str] | None,
        typer.Option(help="PART=MODEL: who plays a part, as capsnet=FILE.py:FUNCTION. Repeat."),
    ] = None,
    seed: Annotated[
        list[str] | None, typer.Option(help="Training seeds, as in 0,1,2; all by default.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(help="So many test images; else all, fewer where it is slow.")
    ] = None,
    budget: Annotated[
        str | None,
        typer.Option(help="Spent on attacks: quick (the default), standard or strong."),
    ] = None,
    batch_size: BatchSize = "auto",
    device: Device = "auto",
    jobs: Jobs = "auto",
    scheduler: Scheduler = None,
    cell_timeout: CellTimeout = None,
    output: Annotated[
        Path | None, typer.Option(help="Run folder; reports/article-DATASET by default.")
    ] = None,
    config: Config = None,
    fail_on: Annotated[
        list[str] | None,
        typer.Option(help="CLAIM=VERDICT: exit with 1 where a claim has that verdict. Repeat."),
    ] = None,
    lang: Language = "en",
    fresh: Fresh = False,
    dry_run: DryRun = False,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Judge what the article says of capsule networks; write a report in two languages."""
    from capsprobe.cli import asking, judging, measuring
    from capsprobe.cli.languages import language_of

    roles = judging.roles_of(role or [])
    gates, language = judging.gates_of(fail_on or []), language_of(lang)
    request = measuring.Request(
        settings=asking.claims_settings(
            roles=roles,
            dataset=dataset,
            data_dir=data_dir,
            weights=weights,
            training_seeds=integers("--seed", seed),
            limit=limit,
            budget=budget,
            batch_size=batch_size,
            device=device,
            cell_timeout=cell_timeout,
            config=config,
        ),
        folder=output or measuring.folder_of("article", dataset),
        title=measuring.title_of("Article", dataset),
        command=typed(sys.argv[1:]),
        fresh=fresh,
        as_json=as_json,
        quiet=quiet,
        jobs=jobs,
        scheduler=scheduler,
        judged={"roles": judging.called(roles)},
    )
    if dry_run:
        raise typer.Exit(measuring.tell_ahead(request))
    raise typer.Exit(judging.judge_run(request, gates=gates, language=language))
