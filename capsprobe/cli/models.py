"""The commands about models and the installation: check, doctor, train, ls."""

from pathlib import Path
from typing import Annotated

import typer

from capsprobe.cli.options import one_path
from capsprobe.cli.parameters import DataDir, Dataset, Device, Json, OneWeights, Quiet, Verbose


def register(app: typer.Typer) -> None:
    """File the commands."""
    app.command("check")(_check)
    app.command("doctor")(_doctor)
    app.command("train")(_train)
    app.command("ls")(_ls)


def _check(
    model: Annotated[
        str, typer.Argument(help="A model's name, FILE.py:FUNCTION, package.module:FUNCTION, ...")
    ],
    dataset: Dataset = "digits",
    data_dir: DataDir = None,
    weights: OneWeights = None,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Say what works of a model, which probes it can join, and what to change."""
    from capsprobe.cli import checking

    status = checking.check(
        model,
        dataset=dataset,
        data_dir=data_dir,
        weights=one_path("--weights", weights),
        as_json=as_json,
    )
    raise typer.Exit(status)


def _doctor(as_json: Json = False, verbose: Verbose = False) -> None:
    """Say whether this machine and this installation are fit; part of a report of a bug."""
    from capsprobe.cli import doctor as looking

    raise typer.Exit(looking.doctor(as_json=as_json))


def _train(
    model: Annotated[str, typer.Argument(help="A model's name.")],
    dataset: Dataset = "digits",
    data_dir: DataDir = None,
    seed: Annotated[int, typer.Option(help="Training seed.")] = 0,
    epochs: Annotated[int | None, typer.Option(help="Passes over the training split.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Images a step.")] = None,
    learning_rate: Annotated[
        float | None, typer.Option(help="Adam's highest rate; the schedule is fixed.")
    ] = None,
    loss: Annotated[str | None, typer.Option(help="margin or cross-entropy.")] = None,
    decoder: Annotated[
        float | None, typer.Option(help="Weight of a decoder's error; 0.0005 in Sabour 2017.")
    ] = None,
    adversarial: Annotated[
        float | None, typer.Option(help="Attack half of each batch first, in Linf, so far.")
    ] = None,
    bf16: Annotated[bool, typer.Option("--bf16", help="Compute in bfloat16.")] = False,
    start: Annotated[
        Path | None, typer.Option(help="Checkpoint (.safetensors) to go on from.")
    ] = None,
    device: Device = "auto",
    output: Annotated[Path, typer.Option(help="Folder of checkpoints.")] = Path("checkpoints"),
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Train a model; run again after a kill, it goes on from the last epoch."""
    from capsprobe.cli import training

    plan = training.plan(
        model=model,
        dataset=dataset,
        data_dir=data_dir,
        seed=seed,
        device=device,
        folder=output,
        start=start,
        changes={
            "epochs": epochs,
            "batch_size": batch_size,
            "learning_rate": learning_rate,
            "loss": loss,
            "decoder_weight": decoder,
            "adversarial_epsilon": adversarial,
        }
        | ({"precision": "bf16"} if bf16 else {}),
    )
    training.run(plan, as_json=as_json, quiet=quiet)


def _ls(
    kind: Annotated[
        str, typer.Argument(help="models, datasets, probes, attacks, routings or claims.")
    ],
    weights: OneWeights = None,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """List what there is."""
    from capsprobe.cli import listing

    listing.show(kind, weights=one_path("--weights", weights), as_json=as_json)
