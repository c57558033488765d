"""Accuracy under the fifteen kinds of MNIST-C: noise, blur, clutter, light, edges, and maps."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from jaxtyping import Int64
from torch import Tensor

from capsprobe.data.corruptions.base import LARGEST, corrupt, corruptions
from capsprobe.data.gallery import Gallery
from capsprobe.data.images import ImageSet, grey_levels
from capsprobe.data.move import centre
from capsprobe.faults import UsageFault
from capsprobe.models.base import Network
from capsprobe.models.inference import score, top
from capsprobe.probes.base import Probe, probes, together
from capsprobe.tables import CORRECT, TRACE_COLUMNS, Condition, Measurement, observe

_BEYOND = "beyond the limit of corrupted images"
# A severity, and the images at it.
Step = tuple[int, ImageSet]


@probes.register("corruption")
@dataclass(frozen=True, kw_only=True)
class Corruption(Probe):
    """Show every image noisy, blurred, cluttered, in other light, moved, or as its edges.

    Each kind has severities 1 to 5, of which one is that of MNIST-C; its condition's description
    says which, and with which parameters. Every network sees the same images. At most `limit` of
    them are shown, a fixed random choice. MNIST-C is 28x28: networks that were trained on single
    digits have a part in it; on a larger canvas of theirs the digit stands in the middle. The
    first image is kept at every severity, to be looked at.
    """

    name: ClassVar = "corruption"
    question: ClassVar = "Does it bear what happens to images when nobody means harm?"
    metrics: ClassVar = (CORRECT,)

    severities: tuple[int, ...] = (1, 2, 3, 4, 5)
    limit: int = 60

    def __post_init__(self) -> None:
        """Raise UsageFault where a setting cannot be meant."""
        outside = [each for each in self.severities if not 1 <= each <= LARGEST]
        if outside:
            raise UsageFault(f"expected severities from 1 to {LARGEST}, got {outside[0]}")
        if not self.severities or len(set(self.severities)) != len(self.severities):
            raise UsageFault(f"expected severities, each once, got {self.severities}")
        if self.limit < 1:
            raise UsageFault(f"expected a limit of at least 1 image, got {self.limit}")

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Return every registered kind, named by its group: `noise/shot`."""
        return tuple(
            Condition(name=name, unit="1", description=corruptions[name].description)
            for name in corruptions
        )

    def measure(
        self, network: Network, images: ImageSet, rng: np.random.Generator, part: str
    ) -> Measurement:
        """Return whether each image is recognised at each severity of each kind of a group."""
        canvas = network.frame.canvas
        if canvas < max(images.size):
            raise UsageFault(f"expected images up to {canvas} pixels wide, got {images.size}")
        chosen = images.limit(self.limit)
        shown = replace(chosen, images=centre(chosen.images, canvas=canvas))
        seed = int(rng.integers(2**31))
        kinds = [each.name for each in self.conditions if each.part == part]
        clean = top(score(network, shown.images), count=1)
        found = [_measure(network, kind, clean, self._steps(shown, kind, seed)) for kind in kinds]
        beyond = len(images) - len(chosen)
        return Measurement(
            observations=together([each.observations for each in found]),
            samples=together([each.samples for each in found]),
            traces=together([each.traces for each in found]),
            left_out={_BEYOND: beyond} if beyond else {},
        )

    def _steps(self, images: ImageSet, kind: str, seed: int) -> Iterator[Step]:
        """Yield the images at each severity, the clean ones first."""
        for severity in (0, *sorted(self.severities)):
            yield severity, corrupt(images, kind=kind, severity=severity, seed=seed)


def _measure(
    network: Network, kind: str, clean: Int64[Tensor, "images 1"], steps: Iterator[Step]
) -> Measurement:
    tables: list[pd.DataFrame] = []
    gallery, kept = Gallery(kind, size=1), []
    for severity, shown in steps:
        answers = top(score(network, shown.images), count=1) if severity else clean
        tables.append(_observed(kind, severity, shown, answers))
        gallery.look(float(severity), shown, answers)
        kept.append(_picture(kind, severity, shown))
    return Measurement(
        observations=together(tables),
        samples=gallery.table(),
        traces=pd.DataFrame(kept, columns=list(TRACE_COLUMNS)),
    )


def _observed(
    kind: str, severity: int, images: ImageSet, answers: Int64[Tensor, "images 1"]
) -> pd.DataFrame:
    return observe(
        condition=kind,
        severity=float(severity),
        unit="image",
        unit_ids=images.ids.numpy(),
        metric=CORRECT,
        values=(answers[:, 0] == images.labels).double().numpy(),
    )


def _picture(kind: str, severity: int, images: ImageSet) -> tuple[Any, ...]:
    """Return the first image as a trace, named `published` at the severity of MNIST-C."""
    name = "published" if severity == corruptions[kind].published else "image"
    height, width = images.size
    levels = grey_levels(images.images[0])
    facts = kind, float(severity), int(images.ids[0]), str(int(images.labels[0]))
    return (*facts, name, height, width, levels)
