"""The options that several commands share, each with its help."""

from pathlib import Path
from typing import Annotated

import typer

Models = Annotated[
    list[str] | None,
    typer.Option(
        "--model",
        help="A model's name, or your own: FILE.py:FUNCTION, package.module:FUNCTION, FILE.pt2, "
        "timm:NAME. Repeat, or separate by commas.",
    ),
]
Dataset = Annotated[
    str,
    typer.Option(
        help="digits (offline), mnist, fashion, or a view of one; or your own: a folder of class "
        "folders, FILE.npz, FILE.py:FUNCTION, torchvision:NAME."
    ),
]
TrainedOn = Annotated[
    str | None,
    typer.Option(help="Put checkpoints of this dataset to the images of the other."),
]
DataDir = Annotated[Path | None, typer.Option(help="Folder with the dataset's files.")]
Weights = Annotated[
    list[str] | None,
    typer.Option(
        help="Folder of checkpoints, or the .safetensors file of a model of your own; several, "
        "as in a.safetensors,b.safetensors, are its training seeds."
    ),
]
OneWeights = Annotated[
    list[str] | None,
    typer.Option(
        "--weights",
        metavar="<path>",
        help="Folder of checkpoints, or the .safetensors file of a model of your own.",
    ),
]
Seeds = Annotated[
    list[str] | None, typer.Option("--seed", help="Training seeds, as in 3,4; 0,1,2 by default.")
]
BatchSize = Annotated[
    str, typer.Option(help="auto, or how many images go through a network at once.")
]
Jobs = Annotated[str, typer.Option(help="auto, or how many processes measure at once.")]
Scheduler = Annotated[
    str | None, typer.Option(help="Dask scheduler whose workers measure, as tcp://127.0.0.1:8786.")
]
Config = Annotated[
    Path | None, typer.Option(help="TOML file with settings, as in [probe.adversarial].")
]
Fresh = Annotated[bool, typer.Option("--fresh", help="Compute all again.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be run.")]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda:0 or mps.")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="No progress.")]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="Show tracebacks.")]
Json = Annotated[bool, typer.Option("--json", help="The result as JSON on stdout.")]
Language = Annotated[str, typer.Option(help="en or zh: the page whose path is printed.")]
CellTimeout = Annotated[
    float | None,
    typer.Option(help="Seconds that a cell may take before it fails."),
]
