"""The command that trains."""

import json
from pathlib import Path
from typing import Any

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from capsprobe.cli.complaints import complaint
from capsprobe.cli.devices import resolve
from capsprobe.cli.threads import use_threads
from capsprobe.data.base import Source
from capsprobe.data.views import Name
from capsprobe.faults import UsageFault
from capsprobe.files import check_writable
from capsprobe.models.base import models
from capsprobe.models.checkpoints import stem
from capsprobe.training.loop import Epoch, train
from capsprobe.training.plan import Plan
from capsprobe.training.recipe import Recipe, default_recipe

_OPTIONS = {"decoder_weight": "decoder", "adversarial_epsilon": "adversarial"}


def plan(
    *,
    model: str,
    dataset: str,
    data_dir: Path | None,
    seed: int,
    device: str,
    folder: Path,
    start: Path | None,
    changes: dict[str, Any],
) -> Plan:
    """Return what to train; raise UsageFault with one line for the first thing that is wrong."""
    models[model]
    name = Name.parse(dataset)
    given = {key: value for key, value in changes.items() if value is not None}
    try:
        recipe = Recipe(**(default_recipe(name.base, name.view, model).model_dump() | given))
    except ValidationError as error:
        raise UsageFault(complaint(error, Recipe, _OPTIONS)) from error
    if seed < 0:
        raise UsageFault(f"--seed: expected 0 or more, got {seed}")
    return Plan(
        model=model,
        dataset=str(name),
        seed=seed,
        recipe=recipe,
        folder=folder,
        source=Source(folder=data_dir),
        device=resolve(device),
        start=start,
    )


def run(wanted: Plan, *, as_json: bool, quiet: bool) -> None:
    """Train, showing every epoch on stderr, and print where the checkpoint lies."""
    use_threads()
    # Before anything is written or drawn: a checkpoint that cannot be used gets one line.
    wanted.started()
    check_writable(wanted.folder)
    name = stem(wanted.model, wanted.dataset, wanted.seed)
    if (wanted.folder / f"{name}.json").exists():
        raise UsageFault(f"expected a new checkpoint, got {name}, already in {wanted.folder}")
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    console = Console(stderr=True, quiet=quiet)
    with Progress(*columns, TimeRemainingColumn(), console=console) as progress:
        task = progress.add_task(f"{wanted.model} on {wanted.dataset}", total=wanted.recipe.epochs)

        def told(epoch: Epoch) -> None:
            progress.update(task, completed=epoch.number)
            progress.console.print(
                f"epoch {epoch.number}/{epoch.epochs}  loss {epoch.loss:.4f}  "
                f"validation accuracy {epoch.validation_accuracy:.4f}  {epoch.wall_s:.0f} s",
                highlight=False,
                soft_wrap=True,
            )

        entry = train(wanted, told)
    path = wanted.folder / f"{entry.stem}.safetensors"
    facts = {"weights": str(path), **entry.model_dump()}
    typer.echo(json.dumps(facts) if as_json else path)
