"""The command of the factorial, and its options.

torch and pandas are imported inside it, so that help answers at once.
"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from capsprobe.cli.options import integers, typed
from capsprobe.cli.parameters import (
    DataDir,
    Dataset,
    Device,
    DryRun,
    Jobs,
    Json,
    Quiet,
    Verbose,
)


def register(app: typer.Typer) -> None:
    """Put the command among the others."""
    app.command("factorial")(_factorial)


def _factorial(
    dataset: Dataset = "digits",
    data_dir: DataDir = None,
    seed: Annotated[
        list[str] | None, typer.Option(help="Training seeds, as in 3,4; 0,1,2 by default.")
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(help="Passes over the training split; 50 on digits by default.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(help="So many test images; else all, fewer of them attacked.")
    ] = None,
    device: Device = "auto",
    jobs: Jobs = "auto",
    output: Annotated[
        Path | None, typer.Option(help="Folder; reports/factorial-DATASET by default.")
    ] = None,
    dry_run: DryRun = False,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Train a CapsNet with and without each of five parts; say which carries which robustness."""
    from capsprobe.cli import components, measuring

    request = components.Request(
        dataset=dataset,
        data_dir=data_dir,
        seeds=integers("--seed", seed) or (0, 1, 2),
        epochs=epochs,
        limit=limit,
        device=device,
        jobs=jobs,
        folder=output or measuring.folder_of("factorial", dataset),
        command=typed(sys.argv[1:]),
        as_json=as_json,
        quiet=quiet,
    )
    raise typer.Exit(components.tell_ahead(request) if dry_run else components.run(request))
