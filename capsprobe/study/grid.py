"""The grid of a study: which checkpoint goes through which part of which probe."""

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import torch
import torchattacks

from capsprobe.data.images import ImageSet
from capsprobe.data.views import Name
from capsprobe.faults import ModelFault, UsageFault
from capsprobe.models.base import Frame, Network, models
from capsprobe.models.batches import batch_size_for
from capsprobe.models.checkpoints import Entry, build, manifest
from capsprobe.probes.base import Across, Probe
from capsprobe.study.settings import Settings, describe
from capsprobe.study.sources import Source, sources_of
from capsprobe.study.swaps import Swap, check_swap, swap_of
from capsprobe.tables import SCHEMA_VERSION


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One checkpoint, perhaps with another routing, through one part of one probe.

    `sources` are the other checkpoints that the probe makes something of.
    """

    key: str
    entry: Entry
    probe: str
    part: str
    batch_size: int
    swap: Swap | None = None
    sources: tuple[Source, ...] = ()

    @property
    def model(self) -> str:
        """Return what the model is called in tables, as in `capsnet+uniform`."""
        return self.entry.model + (self.swap.suffix if self.swap else "")

    @property
    def label(self) -> str:
        """Return what a progress line calls it."""
        entry = self.entry
        return f"{self.probe}/{self.part} {self.model} {entry.dataset} seed {entry.seed}"


def checkpoints(settings: Settings) -> list[Entry]:
    """Return the checkpoints of a study, sorted by dataset, model and seed.

    A base dataset stands for all its views; the name of a view for that view alone.

    Raises
    ------
    UsageFault
        Where a model or the dataset is unknown, or a model has no routing to swap.
    ModelFault
        Where a model that was named, or the whole study, has no checkpoint.
    """
    wanted = Name.parse(settings.dataset)
    for name in settings.models:
        models[name]
    entries = [entry for entry in manifest(settings.weights) if _fits(entry, wanted, settings)]
    missing = set(settings.models) - {entry.model for entry in entries}
    absent = set(settings.training_seeds) - {entry.seed for entry in entries}
    if missing or absent or not entries:
        what = ", ".join(sorted(missing)) or "any model"
        raise ModelFault(
            f"expected a checkpoint of {what} for {settings.dataset}"
            f"{_seeds(absent)}, got none; `capsprobe ls models` lists the shipped ones"
        )
    check_swap(settings, entries)
    return entries


def grid(
    settings: Settings, entries: list[Entry], examined: dict[str, Probe], images: ImageSet
) -> list[Cell]:
    """Return all cells, ordered by checkpoint, then probe, then part.

    A network that lacks what a probe asks about has no cells of that probe.

    Raises
    ------
    UsageFault
        Where no probe has anything to ask of any checkpoint, or of a model that was named.
    """
    cells = [
        Cell(
            key=_key(settings, entry, swap, name, probe, part, images, size, sources),
            entry=entry,
            probe=name,
            part=part,
            batch_size=size,
            swap=swap,
            sources=sources,
        )
        for entry in entries
        for size, swap in ((_batch_size(settings, entry), swap_of(settings, entry)),)
        for name, probe in examined.items()
        if not probe.lacks(_able(entry))
        for sources in (_sources(settings, entry, entries, probe),)
        for part in probe.parts(Name.parse(entry.dataset).view)
    ]
    for name in settings.models:
        _check_asked(name, cells, entries, examined)
    if not cells:
        raise UsageFault(
            f"expected a probe that can examine networks of {settings.dataset}, "
            f"got {', '.join(examined)}"
        )
    return cells


def versions() -> dict[str, str]:
    """Return the versions that numbers may depend on."""
    from capsprobe import __version__

    return {
        "capsprobe": __version__,
        "torch": torch.__version__,
        "torchattacks": torchattacks.__version__,
        "numpy": np.__version__,
    }


def _sources(
    settings: Settings, entry: Entry, entries: list[Entry], probe: Probe
) -> tuple[Source, ...]:
    return sources_of(settings, entry, entries) if isinstance(probe, Across) else ()


def _facts(swap: Swap | None) -> dict[str, Any] | None:
    return None if swap is None else {"routing": swap.routing, "iterations": swap.iterations}


def _batch_size(settings: Settings, entry: Entry) -> int:
    if settings.batch_size is not None:
        return settings.batch_size
    return _found_batch_size(entry.model, settings.device, **entry.frame)


@cache
def _found_batch_size(model: str, device: str, **frame: int) -> int:
    """Return what pays for a network, the same for each of its checkpoints on every machine."""
    return batch_size_for(skeleton(model, **frame), torch.device(device))


@cache
def skeleton(model: str, *, decoder: bool = False, **frame: int) -> Network:
    """Return a network with weights by chance, which says what the model is able to do."""
    return build(model, Frame(**frame), seed=0, decoder=decoder).eval()


def _able(entry: Entry) -> Network:
    """Return a network that has what the checkpoint's has."""
    return skeleton(entry.model, decoder=entry.has_decoder, **entry.frame)


def _check_asked(
    model: str, cells: list[Cell], entries: list[Entry], examined: dict[str, Probe]
) -> None:
    """Raise UsageFault where no probe can ask a model for want of an ability."""
    if any(cell.entry.model == model for cell in cells):
        return
    entry = next(entry for entry in entries if entry.model == model)
    network = _able(entry)
    lacks = filter(None, (each.lacks(network) for each in examined.values()))
    # One may need what another would be content with: nothing is named twice.
    lacking = dict.fromkeys(ability for each in lacks for ability in each.split(" or "))
    if lacking:
        raise UsageFault(f"expected a model with {' or '.join(lacking)}, got {model}")


def _fits(entry: Entry, wanted: Name, settings: Settings) -> bool:
    if entry.dataset not in {f"{wanted.base}{ending}" for ending in ("", "-placed", "-pairs")}:
        return False
    name = Name.parse(entry.dataset)
    return (
        (wanted.view == "single" or wanted.view == name.view)
        and _is_chosen(entry.model, settings)
        and (not settings.training_seeds or entry.seed in settings.training_seeds)
    )


def _is_chosen(model: str, settings: Settings) -> bool:
    if settings.models:
        return model in settings.models
    return model not in settings.unless_named


def _seeds(absent: set[int]) -> str:
    seeds = ",".join(str(seed) for seed in sorted(absent))
    return f" with seed {seeds}" if seeds else ""


def _key(
    settings: Settings,
    entry: Entry,
    swap: Swap | None,
    name: str,
    probe: Probe,
    part: str,
    images: ImageSet,
    batch_size: int,
    sources: tuple[Source, ...],
) -> str:
    facts: dict[str, Any] = {
        "schema": SCHEMA_VERSION,
        "probe": name,
        "part": part,
        "settings": describe(probe),
        "model": entry.model,
        "weights": entry.weights_sha256,
        "frame": entry.frame,
        "data": images.sha256,
        "seed": settings.seed,
        "batch_size": batch_size,
        "dtype": "float32",
        "device": settings.device.partition(":")[0],
        "versions": versions(),
    }
    if probe.calibrates and images.validation is not None:
        facts["validation"] = images.validation.sha256
    if swap is not None:
        facts["swap"] = _facts(swap)
    if sources:
        facts["sources"] = [
            (each.name, each.entry.model, each.entry.weights_sha256, _facts(each.swap))
            for each in sources
        ]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
