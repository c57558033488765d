"""The negative of every image."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from capsprobe.data.images import ImageSet
from capsprobe.models.base import Network
from capsprobe.models.inference import score, top
from capsprobe.probes.base import Probe, probes, together
from capsprobe.tables import CORRECT, Condition, Measurement, observe


@probes.register("inversion")
@dataclass(frozen=True, kw_only=True)
class Inversion(Probe):
    """Show every image as its negative and ask again."""

    name: ClassVar = "inversion"
    question: ClassVar = "Does it know a digit by its shape or by its ink?"
    metrics: ClassVar = (CORRECT,)

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Return the one condition."""
        return (Condition(name="inversion", unit="1"),)

    def measure(
        self, network: Network, images: ImageSet, rng: np.random.Generator, part: str
    ) -> Measurement:
        """Return who is recognised as it is, and who as its negative."""
        shown = {0.0: images.images, 1.0: 1.0 - images.images}
        tables = [
            observe(
                condition=part,
                severity=severity,
                unit="image",
                unit_ids=images.ids.numpy(),
                metric=CORRECT,
                values=(top(score(network, each), count=1)[:, 0] == images.labels).numpy(),
            )
            for severity, each in shown.items()
        ]
        return Measurement(observations=together(tables))
