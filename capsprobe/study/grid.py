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
from capsprobe.data.own import is_own as is_own_data
from capsprobe.data.views import Name
from capsprobe.faults import ModelFault, UsageFault
from capsprobe.models.base import Frame, Network, models
from capsprobe.models.batches import batch_size_for
from capsprobe.models.checkpoints import Entry, manifest
from capsprobe.models.own import OwnEntry
from capsprobe.probes.base import Across, Probe
from capsprobe.study.brought import check_told_apart, entries_of, names_of, typed_name
from capsprobe.study.networks import skeleton
from capsprobe.study.settings import Settings, describe
from capsprobe.study.sources import Source, sources_of
from capsprobe.study.swaps import Swap, check_swap, swap_of
from capsprobe.tables import SCHEMA_VERSION


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One checkpoint, perhaps with another routing, through one part of one probe.

    `dataset` is what its images are of: what the checkpoint was trained on, or `--dataset`.
    `sources` are the other checkpoints that the probe makes something of.
    """

    key: str
    entry: Entry
    dataset: str
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
        return f"{self.probe}/{self.part} {self.model} {self.dataset} seed {entry.seed}"


def checkpoints(settings: Settings, images: ImageSet) -> list[Entry]:
    """Return the checkpoints of a study, sorted by dataset, model and seed.

    A base dataset stands for all its views; the name of a view for that view alone. Networks of
    the user's own follow, asked about the base's images.

    Raises
    ------
    UsageFault
        Where a model or the dataset is unknown, or a model has no routing to swap.
    ModelFault
        Where a model that was named, or the whole study, has no checkpoint.
    """
    wanted = Name.parse(settings.trained_on or settings.dataset)
    held = manifest(settings.weights)
    brought = names_of(settings, {entry.model for entry in held})
    for name in settings.models:
        if name not in brought:
            if name.endswith(".py"):
                raise UsageFault(f"expected FILE.py:FUNCTION for a model of your own, got {name}")
            models[name]
    entries = [entry for entry in held if _fits(entry, wanted, settings)]
    if settings.trained_on is not None:
        entries = [entry for entry in entries if _takes(entry, images)]
    if brought and len(brought) == len(settings.models):
        entries = []
    shown = Name.parse(settings.dataset)
    for name in brought:
        entries += entries_of(settings, name, shown, images)
    check_told_apart(entries)
    missing = set(settings.models) - {typed_name(entry) for entry in entries}
    # The one training of a network of the user's own has no seed that is known.
    alone = len(settings.own_weights) < 2
    seeds = {entry.seed for entry in entries if not (alone and isinstance(entry, OwnEntry))}
    absent = set() if brought and not seeds and alone else set(settings.training_seeds) - seeds
    if missing or absent or not entries:
        what = ", ".join(sorted(missing)) or "any model"
        raise ModelFault(
            f"expected a checkpoint of {what} for {wanted}"
            f"{_seeds(absent)}, got none; {_instead(settings)}"
        )
    check_swap(settings, entries)
    return entries


def grid(
    settings: Settings, entries: list[Entry], examined: dict[str, Probe], images: ImageSet
) -> list[Cell]:
    """Return all cells, ordered by checkpoint, then probe, then part.

    A network that lacks what a probe, or a part of it, asks about has no cells of that.

    Raises
    ------
    UsageFault
        Where no probe has anything to ask of any checkpoint, or of a model that was named.
    """
    cells = [
        Cell(
            key=_key(settings, entry, swap, name, probe, part, images, size, sources),
            entry=entry,
            dataset=_shown(settings, entry),
            probe=name,
            part=part,
            batch_size=size,
            swap=swap,
            sources=sources,
        )
        for entry in entries
        for size, swap in ((_batch_size(settings, entry), swap_of(settings, entry)),)
        for name, probe in examined.items()
        if typed_name(entry) in settings.asked.get(name, (typed_name(entry),))
        if not probe.lacks(skeleton(settings, entry))
        for sources in (_sources(settings, entry, entries, probe),)
        for part in probe.parts(Name.parse(entry.dataset).view)
        if not probe.lacks_for(skeleton(settings, entry), part)
    ]
    for name in settings.models:
        _check_asked(settings, name, cells, entries, examined)
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
    return _found_batch_size(skeleton(settings, entry), settings.device)


@cache
def _found_batch_size(network: Network, device: str) -> int:
    """Return what pays for a network, the same for each of its checkpoints on every machine."""
    return batch_size_for(network, torch.device(device))


def _check_asked(
    settings: Settings,
    model: str,
    cells: list[Cell],
    entries: list[Entry],
    examined: dict[str, Probe],
) -> None:
    """Raise UsageFault where no probe can ask a model for want of an ability."""
    if any(typed_name(cell.entry) == model for cell in cells):
        return
    entry = next(entry for entry in entries if typed_name(entry) == model)
    network = skeleton(settings, entry)
    lacks = filter(None, (each.lacks(network) for each in examined.values()))
    # One may need what another would be content with: nothing is named twice.
    lacking = dict.fromkeys(ability for each in lacks for ability in each.split(" or "))
    if lacking:
        raise UsageFault(f"expected a model with {' or '.join(lacking)}, got {model}")


def _takes(entry: Entry, images: ImageSet) -> bool:
    """Return whether images are of the form and number of classes that a checkpoint knows."""
    frame = Frame(**entry.frame)
    return (frame.classes, frame.canvas) == (images.classes, images.size[0])


def _shown(settings: Settings, entry: Entry) -> str:
    return entry.dataset if settings.trained_on is None else str(Name.parse(settings.dataset))


def _instead(settings: Settings) -> str:
    """Return what a user may do where there is no checkpoint."""
    if is_own_data(settings.dataset) and settings.trained_on is None:
        return (
            "train one with `capsprobe train MODEL --dataset ...` and pass its folder with "
            "--weights, or put others to these images with --trained-on mnist"
        )
    return "`capsprobe ls models` lists the shipped ones"


def _fits(entry: Entry, wanted: Name, settings: Settings) -> bool:
    if entry.dataset not in {f"{wanted.base}{ending}" for ending in ("", "-placed", "-pairs")}:
        return False
    name = Name.parse(entry.dataset)
    seeds = settings.training_seeds or settings.seeds_unless_named
    return (
        (wanted.view == "single" or wanted.view == name.view)
        and _is_chosen(entry.model, settings)
        and (not seeds or entry.seed in seeds)
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
