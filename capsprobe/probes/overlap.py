"""Two digits on one canvas: which ones, asked as their bounding boxes overlap more and more."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pandas as pd
import torch
from jaxtyping import Int64
from torch import Tensor

from capsprobe.data import overlay, views
from capsprobe.data.apart import push_apart
from capsprobe.data.draws import draw_each
from capsprobe.data.gallery import Gallery
from capsprobe.data.images import ImageSet
from capsprobe.data.move import centre
from capsprobe.data.views import ViewName
from capsprobe.faults import DataFault, UsageFault
from capsprobe.models.base import Network
from capsprobe.models.inference import score, top
from capsprobe.probes.base import Probe, probes, together
from capsprobe.tables import Condition, Measurement, Metric, observe

_FAR = "overlap farther from the target than allowed"
_CUT = "ink would leave the canvas"
_ALIKE = "the images are all of one class, a pair is of two"

EXACT_MATCH = Metric(
    name="exact_match", lower=0.0, upper=1.0, description="1 where both predictions are right"
)
ALMOST = Metric(
    name="almost", lower=0.0, upper=1.0, description="1 where at least one prediction is right"
)
RECALL = Metric(
    name="recall", lower=0.0, upper=1.0, description="fraction of the two labels predicted"
)
OVERLAP_FRACTION = Metric(
    name="overlap_fraction",
    lower=0.0,
    upper=1.0,
    description="area that both bounding boxes cover, of the smaller box",
)
# A severity and its pairs; ids are those of the first digits, parameters hold the measured overlap.
Step = tuple[float, ImageSet]


@probes.register("overlap")
@dataclass(frozen=True, kw_only=True)
class Overlap(Probe):
    """Ask for both digits of a pair: the two highest scores.

    `overlap` moves the two of a pair apart until their boxes overlap by the target, on MultiMNIST's
    36x36 canvas; at 0 they are as far apart as it allows, which for two large digits is corner to
    corner, and farther than pairs in training. A pair farther than `tolerance` from the target is
    left out, and so is every image where all are of one class. `multimnist` is the published test
    at each largest shift (4 in the paper, 6 in its code). The partner is of another class; it is
    drawn anew for each part and each largest shift, from the images at hand. Networks of placed
    single digits, which never saw a pair, get the same pairs in the middle of their canvas.
    """

    name: ClassVar = "overlap"
    question: ClassVar = "Are two digits still told apart when they lie on one another?"
    metrics: ClassVar = (EXACT_MATCH, ALMOST, RECALL, OVERLAP_FRACTION)

    overlap: tuple[float, ...] = (0.0, 0.25, 0.5, 0.75, 1.0)
    shifts: tuple[int, ...] = (overlay.SHIFT, 6)
    tolerance: float = 0.1

    def __post_init__(self) -> None:
        """Raise UsageFault where a severity cannot be meant, or the clean one is missing."""
        outside = [each for each in self.overlap if not 0.0 <= each <= 1.0]
        if outside:
            raise UsageFault(f"expected overlap from 0 to 1, got {outside[0]:g}")
        if 0.0 not in self.overlap or len(set(self.overlap)) != len(self.overlap):
            raise UsageFault(f"expected overlap once each and with 0, got {self.overlap}")
        if not self.shifts or min(self.shifts) < 0 or len(set(self.shifts)) != len(self.shifts):
            raise UsageFault(f"expected shifts of 0 pixels or more, once each, got {self.shifts}")
        if not 0.0 <= self.tolerance <= 1.0:
            raise UsageFault(f"expected tolerance from 0 to 1, got {self.tolerance:g}")

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Return the overlap curve and the published test."""
        return (
            Condition(name="overlap", unit="1", description="bounding boxes overlap by this much"),
            Condition(
                name="multimnist",
                unit="px",
                description="each digit shifted by up to so many pixels each way",
                has_clean=False,
            ),
        )

    def parts(self, view: ViewName) -> tuple[str, ...]:
        """Return both conditions for networks whose canvas holds a pair."""
        return () if view == "single" else ("overlap", "multimnist")

    def measure(
        self, network: Network, images: ImageSet, rng: np.random.Generator, part: str
    ) -> Measurement:
        """Return whether both, or one, of each pair's digits are named."""
        canvas = network.frame.canvas
        if canvas < overlay.CANVAS:
            raise UsageFault(f"expected a canvas of {overlay.CANVAS} pixels or more, got {canvas}")
        if bool((images.labels == images.labels[0]).all()):
            steps_of_each = len(self.overlap if part == "overlap" else self.shifts)
            lost = steps_of_each * len(images)
            return Measurement(observations=together([]), left_out={_ALIKE: lost})
        if part == "overlap":
            wanted, steps, reason = len(self.overlap), self._sweep(images, rng), _FAR
        else:
            wanted, steps, reason = len(self.shifts), self._published(images, rng), _CUT
        condition = next(each for each in self.conditions if each.name == part)
        tables, samples, pairs = _measure(network, steps, condition)
        if pairs == 0:
            raise DataFault(f"{images.name}: expected pairs near the wanted overlaps, got none")
        lost = wanted * len(images) - pairs
        return Measurement(
            observations=together(tables),
            samples=samples,
            left_out={reason: lost} if lost else {},
        )

    def _sweep(self, images: ImageSet, rng: np.random.Generator) -> Iterator[Step]:
        """Yield the pairs at each overlap, those apart first."""
        generator = torch.Generator().manual_seed(int(rng.integers(2**31)))
        other = overlay.partners(images.labels, generator=generator)
        directions = torch.from_numpy(draw_each(rng, images.ids, count=1)[:, 0])
        labels = torch.stack([images.labels, images.labels[other]], dim=1)
        for target in sorted(self.overlap):
            pushed = push_apart(
                images.images,
                images.images[other],
                target=target,
                directions=directions,
                canvas=overlay.CANVAS,
            )
            pairs = replace(
                images,
                images=overlay.overlay(pushed.first, pushed.second),
                labels=labels,
                parameters=pd.DataFrame({"overlap": pushed.overlap.numpy()}),
            )
            near = ((pushed.overlap - target).abs() <= self.tolerance).nonzero().squeeze(1)
            if len(near):
                yield target, pairs.take(near)

    def _published(self, images: ImageSet, rng: np.random.Generator) -> Iterator[Step]:
        seed = int(rng.integers(2**31))
        for pixels in sorted(self.shifts):
            yield float(pixels), views.pairs(images, pixels=pixels, seed=seed)


def _measure(
    network: Network, steps: Iterator[Step], condition: Condition
) -> tuple[list[pd.DataFrame], pd.DataFrame, int]:
    """Return the rows of each metric and severity, samples, and how many pairs were shown."""
    tables: list[pd.DataFrame] = []
    gallery, count = Gallery(condition.name), 0
    for severity, pairs in steps:
        shown = replace(pairs, images=centre(pairs.images, canvas=network.frame.canvas))
        answers = top(score(network, shown.images), count=2)
        tables += _observed(condition, severity, shown, answers)
        count += len(shown)
        if condition.has_clean:
            gallery.look(severity, shown, answers)
    return tables, gallery.table(), count


def _observed(
    condition: Condition, severity: float, pairs: ImageSet, answers: Int64[Tensor, "images 2"]
) -> list[pd.DataFrame]:
    labels = pairs.labels
    hits = (labels.unsqueeze(2) == answers.unsqueeze(1)).any(dim=2).double().sum(dim=1).numpy()
    values = {
        EXACT_MATCH: hits == 2.0,
        ALMOST: hits >= 1.0,
        RECALL: hits / 2.0,
        OVERLAP_FRACTION: pairs.parameters["overlap"].to_numpy(),
    }
    return [
        observe(
            condition=condition.name,
            severity=severity,
            unit="pair",
            unit_ids=pairs.ids.numpy(),
            metric=metric,
            values=value.astype(np.float64),
        )
        for metric, value in values.items()
    ]
