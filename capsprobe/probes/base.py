"""What every probe shares: how it is called, what it leaves behind, what it must declare."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, final, runtime_checkable

import numpy as np
import pandas as pd

from capsprobe.data.images import ImageSet
from capsprobe.data.views import ViewName
from capsprobe.faults import UsageFault
from capsprobe.models.base import Network
from capsprobe.models.inference import frozen
from capsprobe.registry import Registry, unknown
from capsprobe.seeds import generator
from capsprobe.tables import (
    PROBE_COLUMNS,
    Condition,
    Measurement,
    Metric,
    check_observations,
)


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What a probe would take with one of its budgets, for so many images.

    `least` and `most` are forward and backward passes of one image: where the first severities
    break it or nothing does.
    """

    budget: str
    chosen: bool
    least: tuple[int, int]
    most: tuple[int, int]
    images: int


@dataclass(frozen=True, kw_only=True)
class Probe(ABC):
    """A question put to a network. Settings are fields of a frozen dataclass, data are arguments.

    A subclass declares `name`, `question`, `metrics` and `conditions`, and fills `measure`.
    It never learns whom it examines: the study writes model, seed and dataset beside its rows.
    """

    name: ClassVar[str]
    question: ClassVar[str]
    metrics: ClassVar[tuple[Metric, ...]]
    # Whether it sets thresholds on the images' `validation`.
    calibrates: ClassVar[bool] = False
    # Whether nothing else may be measured beside it, because it looks at a clock.
    alone: ClassVar[bool] = False

    @property
    @abstractmethod
    def conditions(self) -> tuple[Condition, ...]:
        """Return everything that the probe's rows may be about."""

    def parts(self, view: ViewName) -> tuple[str, ...]:
        """Return what can be measured on its own for a network trained on this view.

        The heads of the conditions' names, for networks trained on single digits; a probe for
        others overrides this.
        """
        if view != "single":
            return ()
        return tuple(dict.fromkeys(condition.part for condition in self.conditions))

    def lacks(self, network: Network) -> str:
        """Return the ability that the network would need and has not, "" where it can be asked.

        A probe that needs more than scores overrides this; it has no part in other networks.
        """
        del network
        return ""

    def lacks_for(self, network: Network, part: str) -> str:
        """Return the same for one part: what the whole probe needs, unless it is overridden."""
        del part
        return self.lacks(network)

    @property
    def forgone(self) -> tuple[str, ...]:
        """Return what its settings leave out of what it could do, to be said beside its numbers."""
        return ()

    def costs(self, network: Network, images: int) -> tuple[Cost, ...]:
        """Return what each budget would take of such a network, for a probe that has budgets."""
        del network, images
        return ()

    @final
    def __call__(
        self, network: Network, images: ImageSet, *, part: str, seed: int = 0
    ) -> Measurement:
        """Measure one part on base images (28x28 single digits) and check the outcome.

        The network is examined in eval mode and left as found, also after an error. The
        generator depends on seed, probe and part alone, so that every network gets the same
        perturbations.

        Raises
        ------
        UsageFault
            Where the probe has no such part, or the network lacks what it asks about.
        DataFault, ModelFault
            Where the outcome breaks what the probe declares, or a score is not finite.
        """
        known = tuple(dict.fromkeys(condition.part for condition in self.conditions))
        if part not in known:
            raise UsageFault(unknown(f"part of probe {self.name}", part, known))
        if ability := self.lacks_for(network, part):
            kind = type(network).__name__
            raise UsageFault(f"probe {self.name}: expected a network with {ability}, got {kind}")
        with frozen(network):
            outcome = self.measure(network, images, generator(seed, self.name, part), part)
        check_observations(outcome.observations, metrics=self.metrics, conditions=self.conditions)
        return outcome

    @abstractmethod
    def measure(
        self, network: Network, images: ImageSet, rng: np.random.Generator, part: str
    ) -> Measurement:
        """Return the observations of one part; the only hole that a subclass fills."""


@runtime_checkable
class Across(Protocol):
    """A probe that shows a network what was made of others, its sources."""

    def made(self, source: Network, images: ImageSet, *, part: str, seed: int) -> Any:
        """Return what is made of one source for a part, the same whoever is shown it."""

    def across(self, made: Mapping[str, Any]) -> Probe:
        """Return the probe with what was made of each source, by the source's name."""


_KINDS = {
    **dict.fromkeys(PROBE_COLUMNS, "object"),
    "severity": "float64",
    "unit_id": "int64",
    "value": "float64",
}
probes: Registry[type[Probe]] = Registry("probe", "capsprobe.probes")


def together(tables: list[pd.DataFrame]) -> pd.DataFrame:
    """Return tables of observations below one another, numbered anew; no rows for no tables."""
    if not tables:
        return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in _KINDS.items()})
    return pd.concat(tables, ignore_index=True)
