"""The commands and their options.

torch and pandas are imported inside the commands, so that help answers at once.
"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from capsprobe.cli import claims, factorial, models, questions
from capsprobe.cli.options import floats, integers, names, typed
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
    Models,
    Quiet,
    Scheduler,
    Seeds,
    TrainedOn,
    Verbose,
    Weights,
)

app = typer.Typer(
    name="capsprobe",
    help="Finds out what is true about capsule networks.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.callback()
def capsprobe() -> None:
    """Find out what is true about capsule networks."""


@app.command()
def robustness(
    model: Models = None,
    dataset: Dataset = "digits",
    trained_on: TrainedOn = None,
    data_dir: DataDir = None,
    weights: Weights = None,
    probe: Annotated[
        list[str] | None,
        typer.Option(
            help="Those of ls probes; adversarial, affine, corruption, overlap, spatial by default."
        ),
    ] = None,
    seed: Seeds = None,
    routing: Annotated[
        str | None,
        typer.Option(
            help="Routing put into every model that routes, for its own; see ls routings."
        ),
    ] = None,
    iterations: Annotated[
        int | None, typer.Option(help="Its iterations, 1 to 100; 3 by default.")
    ] = None,
    eps: Annotated[
        list[str] | None,
        typer.Option(help="Linf budgets of the attacks on the [0, 1] scale, as in 0.1,0.2."),
    ] = None,
    budget: Annotated[
        str | None,
        typer.Option(help="Spent on attacks: quick (the default), standard or strong."),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(help="So many test images; else all, fewer of them attacked."),
    ] = None,
    batch_size: BatchSize = "auto",
    dtype: Annotated[
        str, typer.Option(help="fp32 or bf16: the precision in which attacks search.")
    ] = "fp32",
    device: Device = "auto",
    jobs: Jobs = "auto",
    scheduler: Scheduler = None,
    cell_timeout: CellTimeout = None,
    output: Annotated[
        Path | None, typer.Option(help="Run folder; reports/robustness-DATASET by default.")
    ] = None,
    config: Config = None,
    fresh: Fresh = False,
    dry_run: DryRun = False,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Put checkpoints through affine, spatial, adversarial, corruption and overlap probes.

    Without --model: all but the heads that only differ in their routing (se-head among them).
    """
    from capsprobe.cli import asking, measuring

    request = measuring.Request(
        settings=asking.robustness_settings(
            models=names("--model", model),
            dataset=dataset,
            trained_on=trained_on,
            data_dir=data_dir,
            weights=weights,
            probes=names("--probe", probe) or asking.ROBUSTNESS,
            training_seeds=integers("--seed", seed),
            routing=routing,
            iterations=iterations,
            epsilons=floats("--eps", eps),
            budget=budget,
            limit=limit,
            batch_size=batch_size,
            dtype=dtype,
            device=device,
            cell_timeout=cell_timeout,
            config=config,
        ),
        folder=output or measuring.folder_of("robustness", dataset),
        title=measuring.title_of("Robustness", dataset),
        command=typed(sys.argv[1:]),
        fresh=fresh,
        as_json=as_json,
        quiet=quiet,
        jobs=jobs,
        scheduler=scheduler,
    )
    raise typer.Exit(measuring.tell_ahead(request) if dry_run else measuring.measure(request))


@app.command()
def routing(
    model: Models = None,
    dataset: Dataset = "digits",
    trained_on: TrainedOn = None,
    data_dir: DataDir = None,
    weights: Weights = None,
    probe: Annotated[list[str] | None, typer.Option(help="gate, routing; both by default.")] = None,
    seed: Seeds = None,
    iterations: Annotated[
        int | None, typer.Option(help="Follow routing for so many rounds; 10 by default.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(help="So many test images; else all, 100 of them for gates.")
    ] = None,
    batch_size: BatchSize = "auto",
    device: Device = "auto",
    jobs: Jobs = "auto",
    scheduler: Scheduler = None,
    cell_timeout: CellTimeout = None,
    output: Annotated[
        Path | None, typer.Option(help="Run folder; reports/routing-DATASET by default.")
    ] = None,
    config: Config = None,
    fresh: Fresh = False,
    dry_run: DryRun = False,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Set routing beside k-means and gates, and other routings in its place; write a report."""
    from capsprobe.cli import asking, measuring

    request = measuring.Request(
        settings=asking.routing_settings(
            models=names("--model", model),
            dataset=dataset,
            trained_on=trained_on,
            data_dir=data_dir,
            weights=weights,
            probes=names("--probe", probe) or asking.ROUTING,
            training_seeds=integers("--seed", seed),
            iterations=iterations,
            limit=limit,
            batch_size=batch_size,
            device=device,
            cell_timeout=cell_timeout,
            config=config,
        ),
        folder=output or measuring.folder_of("routing", dataset),
        title=measuring.title_of("Routing", dataset),
        command=typed(sys.argv[1:]),
        fresh=fresh,
        as_json=as_json,
        quiet=quiet,
        jobs=jobs,
        scheduler=scheduler,
    )
    raise typer.Exit(measuring.tell_ahead(request) if dry_run else measuring.measure(request))


questions.register(app)
claims.register(app)
factorial.register(app)


@app.command()
def report(
    run: Annotated[Path, typer.Argument(help="Run folder.")],
    lang: Language = "en",
    verbose: Verbose = False,
) -> None:
    """Write the report of a run again, from its cells."""
    from capsprobe.cli import reporting

    typer.echo(reporting.rendered(run, language=lang))


@app.command()
def compare(
    first: Annotated[Path, typer.Argument(help="Run folder.")],
    second: Annotated[Path, typer.Argument(help="Run folder that is set against it.")],
    model: Annotated[
        list[str] | None,
        typer.Option(help="A=B: a model of the first run and its name in the second; repeat."),
    ] = None,
    margin: Annotated[
        float, typer.Option(help="The smallest difference of a fraction that matters.")
    ] = 0.01,
    fail_on: Annotated[
        str | None, typer.Option(help="worse: exit with 1 where a measure is.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="Folder; reports/compare-FIRST-SECOND by default.")
    ] = None,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Say what changed from one run to another, on the same images and training seeds."""
    from capsprobe.cli import comparing

    status = comparing.compare(
        first,
        second,
        names=comparing.names_of(model or []),
        margin=margin,
        fail_on=fail_on,
        output=output,
        as_json=as_json,
    )
    raise typer.Exit(status)


models.register(app)
