"""The spatial worst case: small turns and moves together, by chance and searched for."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float64

from capsprobe.attacks.spatial import Seen, under_one, under_worst, unshifted
from capsprobe.data.affnist import CANVAS
from capsprobe.data.gallery import Gallery
from capsprobe.data.images import ImageSet
from capsprobe.data.spatial import grid_of_shifts, random_shifts
from capsprobe.data.views import ViewName
from capsprobe.faults import UsageFault
from capsprobe.models.base import Network
from capsprobe.probes.base import Probe, probes, together
from capsprobe.tables import CORRECT, Condition, Measurement, Metric, observe

_CUT = "turned or moved, ink would leave the canvas"
_BEYOND = "beyond the limit of images put through the grid"
_CLASSES = tuple(
    Metric(name=f"correct_{label}", lower=0.0, upper=1.0, description=f"of images of class {label}")
    for label in range(10)
)


@probes.register("spatial")
@dataclass(frozen=True, kw_only=True)
class Spatial(Probe):
    """Turn every digit a little and move it a little, both at once, and look for what breaks it.

    As Engstrom et al. 2019 do it: turns up to `degrees` and moves up to `pixels` down and to the
    right; once by chance, the worst of `draws` by chance, and the worst of a grid of `turns` by
    `moves` by `moves`. Gradients do not find that worst case, so it is searched for. Severity 0 is
    the image as it is (natural), 1 the whole range. By chance, `correct` is of the first draw;
    in the worst cases it is robust: right when clean and under everything that was tried. The
    grid is searched for at most `limit` images, a fixed random choice. `correct_0` to `correct_9`
    say the same of one class. Where ink would leave the canvas, the image is pulled back by as few
    whole pixels as hold it, so networks on a canvas as large as the image see smaller moves than
    those on the larger one; a transformation under which still more than `cut` would be lost is
    not tried.
    """

    name: ClassVar = "spatial"
    question: ClassVar = "Which small turn and move, of many, turns it wrong?"
    metrics: ClassVar = (CORRECT, *_CLASSES)

    degrees: float = 30.0
    pixels: float = 3.0
    draws: int = 10
    turns: int = 31
    moves: int = 5
    limit: int = 32
    cut: float = 0.001

    def __post_init__(self) -> None:
        """Raise UsageFault where a setting cannot be meant."""
        for name, largest in (("degrees", 180.0), ("pixels", float(CANVAS))):
            if not 0.0 < getattr(self, name) <= largest:
                got = getattr(self, name)
                raise UsageFault(f"expected {name} above 0, up to {largest:g}, got {got:g}")
        for name in ("turns", "moves"):
            if getattr(self, name) < 3 or getattr(self, name) % 2 == 0:
                raise UsageFault(f"expected {name} odd and at least 3, got {getattr(self, name)}")
        for name in ("draws", "limit"):
            if getattr(self, name) < 1:
                raise UsageFault(f"expected {name} of at least 1, got {getattr(self, name)}")
        if not 0.0 <= self.cut < 1.0:
            raise UsageFault(f"expected cut in [0, 1), got {self.cut:g}")

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Return by chance, worst of several by chance, and the grid."""
        texts = {
            "random": "one turn and move by chance",
            f"worst-of-{self.draws}": f"the worst of {self.draws} by chance",
            "grid": f"the worst of a grid of {self.turns * self.moves**2}",
        }
        reach = f"up to {self.degrees:g} degrees and {self.pixels:g} pixels"
        return tuple(
            Condition(name=f"spatial/{name}", unit="1", description=f"{text}, {reach}")
            for name, text in texts.items()
        )

    def parts(self, view: ViewName) -> tuple[str, ...]:
        """Return the one part for networks of single digits, placed ones too."""
        return () if view == "pairs" else ("spatial",)

    def measure(
        self, network: Network, images: ImageSet, rng: np.random.Generator, part: str
    ) -> Measurement:
        """Return whether each image is recognised by chance and at worst."""
        del part
        canvas = network.frame.canvas
        if canvas < max(images.size):
            raise UsageFault(f"expected images up to {canvas} pixels wide, got {images.size}")
        clean = unshifted(network, images)
        drawn = random_shifts(
            rng, images.ids, count=self.draws, degrees=self.degrees, pixels=self.pixels
        )
        few = torch.isin(images.ids, images.limit(self.limit).ids).nonzero().squeeze(1)
        grid = np.broadcast_to(self._grid(), (len(few), self.turns * self.moves**2, 3))
        found = (
            under_one(network, images, drawn[:, 0], cut=self.cut),
            under_worst(network, images, clean, drawn, cut=self.cut),
            under_worst(network, images.take(few), clean.take(few), grid, cut=self.cut),
        )
        names = [condition.name for condition in self.conditions]
        tables = [
            table
            for name, seen in zip(names, found, strict=True)
            for table in (*_observed(name, 0.0, _among(clean, seen)), *_observed(name, 1.0, seen))
        ]
        pictures = [_samples(name, clean, seen) for name, seen in zip(names, found, strict=True)]
        reasons = {_CUT: sum(seen.cut for seen in found), _BEYOND: len(images) - len(few)}
        return Measurement(
            observations=together(tables),
            samples=together(pictures),
            left_out={reason: count for reason, count in reasons.items() if count},
        )

    def _grid(self) -> Float64[np.ndarray, "shifts 3"]:
        return grid_of_shifts(
            degrees=self.degrees, pixels=self.pixels, turns=self.turns, moves=self.moves
        )


def _among(clean: Seen, seen: Seen) -> Seen:
    """Return the images that were seen as they are."""
    return clean.take(torch.isin(clean.images.ids, seen.images.ids).nonzero().squeeze(1))


def _observed(condition: str, severity: float, seen: Seen) -> Iterator[pd.DataFrame]:
    """Yield whether each image was recognised, all of them and class by class."""
    right, labels = seen.right.double().numpy(), seen.images.labels.numpy()
    for metric, rows in (
        (CORRECT, labels >= 0),
        *((metric, labels == label) for label, metric in enumerate(_CLASSES)),
    ):
        if rows.any():
            yield observe(
                condition=condition,
                severity=severity,
                unit="image",
                unit_ids=seen.images.ids.numpy()[rows],
                metric=metric,
                values=right[rows],
            )


def _samples(condition: str, clean: Seen, seen: Seen) -> pd.DataFrame:
    """Return a few images that were recognised as they are, and not so turned and moved."""
    gallery = Gallery(condition)
    for severity, each in ((0.0, clean), (1.0, seen)):
        gallery.look(severity, each.images, each.answers[:, None])
    return gallery.table()
