"""One cell: the checkpoint loaded, the probe put to it, and what came of it."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import torch

from capsprobe.data.base import Source as Files
from capsprobe.data.base import datasets
from capsprobe.data.images import ImageSet
from capsprobe.data.views import Name
from capsprobe.models.base import Network
from capsprobe.models.batches import fitting
from capsprobe.models.checkpoints import Entry
from capsprobe.models.inference import exact, frozen
from capsprobe.models.swapping import swap
from capsprobe.probes.base import Across, Probe
from capsprobe.study.deadlines import TooLong, within
from capsprobe.study.grid import Cell
from capsprobe.study.networks import laid_out, network_of
from capsprobe.study.settings import Settings
from capsprobe.study.sources import Source
from capsprobe.study.swaps import Swap
from capsprobe.tables import Measurement


@dataclass(frozen=True, kw_only=True)
class Examined:
    """What came of a cell: a measurement, or else the cause of its failure.

    `note` says what was done to come so far, as where memory ran out.
    """

    seconds: float = 0.0
    measurement: Measurement | None = None
    cause: str = ""
    note: str = ""


class Examiner:
    """Examines one cell after the other, and fails with none of them."""

    def __init__(
        self,
        settings: Settings,
        probes: dict[str, Probe],
        images: ImageSet,
        *,
        ends_process: bool = False,
    ) -> None:
        self._probes, self._images, self._settings = probes, images, settings
        self._load = _Loaded(settings)
        self._made: dict[tuple[str, str, str], Any] = {}
        self._ends_process = ends_process

    def __call__(self, cell: Cell) -> Examined:
        """Return what the cell's probe measures of its checkpoint."""
        start, limit = time.perf_counter(), self._settings.cell_timeout
        try:
            with within(limit, ends_process=self._ends_process), exact():
                found = self._measured(cell)
        except TooLong:
            found = Examined(cause=f"took longer than the {limit:g} s that a cell may take")
        # A network of the user's own may call sys.exit: that ends its cell, not the run.
        except (Exception, SystemExit) as error:
            found = Examined(cause=cause_of(error))
        return replace(found, seconds=time.perf_counter() - start)

    def _measured(self, cell: Cell) -> Examined:
        network = self._load(cell)
        network.batch_size = begun = self._batch_size(network, cell)
        probe = self._probe(cell)
        measurement = probe(network, self._images, part=cell.part, seed=self._settings.seed)
        left = network.batch_size
        note = "" if left == begun else f"memory ran out; {left} images at once instead of {begun}"
        return Examined(measurement=measurement, note=note)

    def _probe(self, cell: Cell) -> Probe:
        """Return the cell's probe, with what it makes of other checkpoints."""
        probe = self._probes[cell.probe]
        if not isinstance(probe, Across):
            return probe
        return probe.across({each.name: self._of(cell, probe, each) for each in cell.sources})

    def _of(self, cell: Cell, probe: Across, source: Source) -> Any:
        """Return what a probe makes of a source, made once for all that are shown it."""
        about = (cell.probe, cell.part, source.entry.stem)
        if about not in self._made:
            network = loaded(self._settings, source.entry, source.swap)
            network.batch_size = self._batch_size(network, cell)
            with frozen(network):
                self._made[about] = probe.made(
                    network, self._images, part=cell.part, seed=self._settings.seed
                )
        return self._made[about]

    def _batch_size(self, network: Network, cell: Cell) -> int:
        """Return the cell's batch size; where none was asked for, less if memory is short."""
        if self._settings.batch_size is not None:
            return cell.batch_size
        return fitting(cell.batch_size, network, torch.device(self._settings.device))


def loaded(settings: Settings, entry: Entry, swapped: Swap | None) -> Network:
    """Return a checkpoint's network as a study examines it."""
    network = network_of(settings, entry)
    if swapped:
        swap(network, routing=swapped.routing, iterations=swapped.iterations)
    return laid_out(network, settings.device)


def cause_of(error: BaseException) -> str:
    """Return an error's kind and the first line of what it says."""
    first = str(error).splitlines()[0] if str(error) else ""
    return f"{type(error).__name__}: {first}"


def base_images(settings: Settings, probes: Iterable[Probe]) -> ImageSet:
    """Return the test images that every probe starts from, limited as asked.

    Validation images lie beside them where a probe sets thresholds, all there are.
    """
    load = datasets[Name.parse(settings.dataset).base]
    source = Files(folder=settings.data_dir)
    images = load("test", source).limit(settings.limit)
    if not any(probe.calibrates for probe in probes):
        return images
    return replace(images, validation=load("validation", source))


class _Loaded:
    """The network of the checkpoint at hand, swapped; cells come ordered by checkpoint."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._entry: Entry | None = None
        self._network: Network | None = None

    def __call__(self, cell: Cell) -> Network:
        if self._network is None or cell.entry != self._entry:
            self._network = loaded(self._settings, cell.entry, cell.swap)
            self._entry = cell.entry
        return self._network
