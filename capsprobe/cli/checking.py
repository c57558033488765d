"""`capsprobe check`: what the contract finds of a model, and which probes it can join."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import typer
from torch import nn

from capsprobe.cli.findings import row
from capsprobe.cli.threads import use_threads
from capsprobe.data.base import Source
from capsprobe.data.images import ImageSet
from capsprobe.data.views import load_images
from capsprobe.factories import trimmed
from capsprobe.faults import Fault, ModelFault
from capsprobe.models.base import Frame, Network, models
from capsprobe.models.checkpoints import SHIPPED, load_model
from capsprobe.models.own import is_own
from capsprobe.models.own.adopted import adopt
from capsprobe.models.own.contract import Contract, examine
from capsprobe.models.own.opening import Opened, opened
from capsprobe.models.own.ranges import by_range
from capsprobe.models.own.repeating import check_repeats
from capsprobe.probes.base import Probe, probes

DONE, FAULT = 0, 3
_IMAGES = 200


def check(
    model: str, *, dataset: str, data_dir: Path | None, weights: Path | None, as_json: bool
) -> int:
    """Print what was found; return the exit status, 3 where there is a fault.

    Raises
    ------
    UsageFault, ModelFault, DataFault, EnvironmentFault
        Where there is no such model or dataset.
    """
    use_threads()
    images = load_images(dataset, split="test", source=Source(folder=data_dir)).limit(_IMAGES)
    frame = Frame(classes=images.classes, canvas=images.size[0])
    made = opened(model, frame, weights) if is_own(model) else None
    module = made.module if made else _shipped(model, dataset, weights)
    contract = examine(module, frame)
    joins: list[dict[str, Any]] = []
    if not contract.fault:
        network = module if isinstance(module, Network) else adopt(module, frame, contract)
        if _add_accuracy(contract, network, module, images):
            joins = _joins(network)
        if made and not contract.fault:
            _add_repeats(contract, model, weights, made, network)
    if as_json:
        found = [asdict(finding) for finding in contract.findings]
        typer.echo(json.dumps({"model": model, "findings": found, "probes": joins}))
    else:
        _tell(contract, joins)
    return FAULT if contract.fault else DONE


def _shipped(model: str, dataset: str, weights: Path | None) -> nn.Module:
    models[model]
    return load_model(model, dataset=dataset, folder=weights or SHIPPED)


def _add_accuracy(
    contract: Contract, network: Network, module: nn.Module, images: ImageSet
) -> bool:
    """Add how often it is right, and a warning where another range of pixels serves it better.

    Return whether it answers at all: on these images it may raise, or give NaN, as it did not on
    a few by chance.
    """
    try:
        found = by_range(module, network.frame, contract, images)
    except Fault as fault:
        contract.note("accuracy", "fault", f"on {images.name}: {fault}")
        return False
    except Exception as error:
        contract.note("accuracy", "fault", f"on {images.name}: {trimmed(error)}")
        return False
    text = ", ".join(f"{name} {value:.1%}" for name, value in found.items())
    best = max(found, key=lambda name: found[name])
    chance = 1.0 / images.classes
    if best != "as it is" and found[best] > found["as it is"] + chance:
        contract.note("accuracy", "warning", f"{text}: set `preprocessing` on the model")
    elif found["as it is"] < 2.0 * chance:
        contract.note("accuracy", "warning", f"{text}: little better than chance; weights loaded?")
    else:
        contract.note("accuracy", "ok", f"{found['as it is']:.1%} of {len(images)} images")
    return True


def _add_repeats(
    contract: Contract, model: str, weights: Path | None, made: Opened, network: Network
) -> None:
    """Add a fault where the maker gives another network each time."""
    ours = isinstance(made.module, Network)
    try:
        check_repeats(model, weights, made, network, None if ours else contract)
    except ModelFault as fault:
        contract.note("made again", "fault", str(fault).removeprefix(f"{model}: "))


def _joins(network: Network) -> list[dict[str, Any]]:
    return [_join(name, probes[name](), network) for name in probes]


def _join(name: str, probe: Probe, network: Network) -> dict[str, Any]:
    """Return what the network lacks for a probe, and for those parts that need more."""
    lacks = probe.lacks(network)
    parts = {part: probe.lacks_for(network, part) for part in probe.parts("single")}
    without = {} if lacks else {part: ability for part, ability in parts.items() if ability}
    return {"probe": name, "lacks": lacks, "without": without}


def _tell(contract: Contract, joins: list[dict[str, Any]]) -> None:
    for finding in contract.findings:
        typer.echo(row(finding.what, finding.state, finding.text))
    if contract.fault:
        return
    typer.echo()
    for each in joins:
        typer.echo(f"{each['probe']:<18}{'yes' if not each['lacks'] else _lack(each['lacks'])}")
        for part, ability in each["without"].items():
            typer.echo(f"{'':<18}without {part}: it lacks {ability}")


def _lack(what: str) -> str:
    return f"no: it lacks {what}"
