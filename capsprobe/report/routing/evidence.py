"""What the exhibits of one probe are made from, and the figures' names."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from capsprobe.report.measures import Scope
from capsprobe.report.names import slug

# The rounds that networks are trained with, by which routings are compared.
ROUNDS = 3.0


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """A probe's estimates on one dataset, the observations they rest on, and what was kept.

    `errors` stand beside those of a baseline, if the probe has one; `lights` are all that there
    are on the dataset; `elsewhere` has the estimates of all probes on the dataset.
    """

    scope: Scope
    estimates: pd.DataFrame
    observations: pd.DataFrame
    traces: pd.DataFrame
    classes: int
    errors: pd.DataFrame = field(default_factory=pd.DataFrame)
    lights: pd.DataFrame = field(default_factory=pd.DataFrame)
    elsewhere: Mapping[str, pd.DataFrame] = field(default_factory=dict)

    @property
    def models(self) -> tuple[str, ...]:
        """Return the models that are shown and were asked."""
        return tuple(name for name in self.scope.models if name in set(self.estimates["model"]))

    def named(self, *words: str) -> str:
        """Return the name of a figure about these."""
        return slug("-".join((self.scope.probe, self.scope.dataset, *words)))

    def rows(self, condition: str, metric: str) -> pd.DataFrame:
        """Return the estimates of one metric under one condition, of the models shown."""
        held = self.estimates
        chosen = (held["condition"] == condition) & (held["metric"] == metric)
        return held[chosen & held["model"].isin(self.scope.models)]
