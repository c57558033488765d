"""Pose dimensions moved one at a time and decoded: what of the drawn digit moves with each."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float, Float64
from torch import Tensor

from capsprobe.data.images import ImageSet, grey_levels
from capsprobe.data.morphometry import FACTORS, factors
from capsprobe.faults import UsageFault
from capsprobe.models.base import Embeds, Network
from capsprobe.models.blocks import embedded
from capsprobe.models.traversals import DRAWN, STEPS, flat, redrawn, spread_of, traversed
from capsprobe.probes.base import Probe, probes, together
from capsprobe.tables import TRACE_COLUMNS, Condition, Measurement, Metric, observe

_CONDITION, _DRAWING = "traversal/dimension", "traversal/drawing"
_LARGE = 1e9
_STILL = "factors that do not vary in a class, dimension by dimension"
_IDLE = "dimensions that move nothing"
_TINY = 1e-9

SELECTIVE = Metric(
    name="traversal_selectivity",
    lower=0.0,
    upper=1.0,
    description="share of the factor that moves most in all that moves with a dimension",
)
DRAWN_APART = Metric(
    name="drawing_error",
    lower=0.0,
    upper=_LARGE,
    description="squared error of the image drawn from its class's block, summed over pixels",
)
MEAN_APART = Metric(
    name="drawing_error_mean",
    lower=0.0,
    upper=_LARGE,
    description="the same of the mean image of the class, which no decoder is needed for",
    null=True,
)
MOVED = {
    name: Metric(
        name=f"moved_{name}",
        lower=0.0,
        upper=_LARGE,
        description=f"change of {name} from end to end, in its standard deviations over images",
    )
    for name in FACTORS
}


@probes.register("traversal")
@dataclass(frozen=True, kw_only=True)
class Traversal(Probe):
    """Move one dimension of the true class's block, draw the digit, and measure what changed.

    From two of the dimension's standard deviations below to two above, over test images of that
    class, so that a dimension that hardly varies is not moved where no digit ever was. What
    changes is measured by capsprobe.data.morphometry in standard deviations of that factor over
    the same images, from the one end to the other, the mean of `images_each` digits a class. A
    dimension is the unit. So many digits as are `pictured` are kept as drawn. `drawing` says how
    well the decoder draws the digit at all: one that draws the mean of its class draws nothing
    that a dimension could move.
    """

    name: ClassVar = "traversal"
    question: ClassVar = "What moves in the drawn digit with one dimension of its embedding?"
    metrics: ClassVar = (SELECTIVE, *MOVED.values(), DRAWN_APART, MEAN_APART)

    images_each: int = 3
    pictured: int = 1

    def __post_init__(self) -> None:
        """Raise UsageFault where a setting cannot be meant."""
        if self.images_each < 1 or self.pictured < 0:
            raise UsageFault(
                "expected images_each >= 1 and pictured >= 0, "
                f"got {self.images_each} and {self.pictured}"
            )

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Return the one way of moving, and drawing without it."""
        return (
            Condition(
                name=_CONDITION,
                unit="sd",
                description="one dimension moved either way, decoded",
                has_clean=False,
            ),
            Condition(name=_DRAWING, unit="1", description="drawn, nothing moved", has_clean=False),
        )

    def lacks(self, network: Network) -> str:
        """Return what a network without a decoder of its embedding lacks."""
        able = network.decoder is not None and isinstance(network, Embeds)
        return "" if able else "a decoder of its embedding"

    def measure(
        self, network: Network, images: ImageSet, rng: np.random.Generator, part: str
    ) -> Measurement:
        """Return how far each dimension moves each factor, and in how few it moves."""
        embedding = embedded(network, images.images)
        spread = spread_of(embedding, images.labels, classes=images.classes)
        table = factors(images.images)
        tables = list(_drawings(network, embedding, images))
        left_out = {_STILL: 0, _IDLE: 0}
        for label in images.labels.unique().tolist():
            rows = (images.labels == label).nonzero()[:, 0]
            natural = table.iloc[rows.tolist()].std(ddof=0).to_numpy()
            few = rows[: self.images_each]
            ends = traversed(
                network, embedding[few], images.labels[few], spread, (STEPS[0], STEPS[-1])
            )
            moved = _moved(ends, natural)
            left_out[_STILL] += int((natural <= _TINY).sum()) * len(moved)
            left_out[_IDLE] += int((np.nansum(moved, axis=1) <= _TINY).sum())
            tables += _rows(moved, label)
        return Measurement(
            observations=together(tables),
            traces=self._pictures(network, embedding, images, spread),
            left_out={reason: count for reason, count in left_out.items() if count},
        )

    def _pictures(
        self,
        network: Network,
        embedding: Float[Tensor, "images features"],
        images: ImageSet,
        spread: Float[Tensor, "classes block"],
    ) -> pd.DataFrame:
        """Return the first digits as drawn, each dimension a row of pictures side by side."""
        first = [int((images.labels == c).nonzero()[0, 0]) for c in images.labels.unique().tolist()]
        rows = torch.tensor(first[-self.pictured :] if self.pictured else [], dtype=torch.int64)
        lines = []
        if len(rows):
            drawn = traversed(network, embedding[rows], images.labels[rows], spread)
            for place, row in enumerate(rows.tolist()):
                sheet = drawn[place].movedim(1, 3).flatten(3, 4).flatten(0, 2)
                about = (int(images.ids[row]), str(int(images.labels[row])))
                levels = [float(level) for level in grey_levels(sheet[None])]
                lines.append((_CONDITION, STEPS[-1], *about, "drawn", *sheet.shape, levels))
        return pd.DataFrame(lines, columns=list(TRACE_COLUMNS))


def _drawings(
    network: Network, embedding: Float[Tensor, "images features"], images: ImageSet
) -> Iterator[pd.DataFrame]:
    """Yield how far each image is from its drawing, and from the mean image of its class."""
    means = {
        c: images.images[images.labels == c].mean(dim=0) for c in images.labels.unique().tolist()
    }
    plain = torch.stack([means[c] for c in images.labels.tolist()])
    drawn = redrawn(network, embedding, images.labels, classes=images.classes)
    for metric, shown in ((DRAWN_APART, drawn), (MEAN_APART, plain)):
        yield observe(
            condition=_DRAWING,
            severity=0.0,
            unit="image",
            unit_ids=images.ids.numpy(),
            metric=metric,
            values=(shown - images.images).double().square().flatten(1).sum(dim=1).numpy(),
        )


def _moved(
    ends: Float[Tensor, DRAWN], natural: Float64[np.ndarray, " factors"]
) -> Float64[np.ndarray, "dimensions factors"]:
    """Return how far each factor goes from end to end, in its own spread; NaN where it has none."""
    count, dimensions = ends.shape[:2]
    measured = factors(flat(ends)).to_numpy().reshape(count, dimensions, 2, -1)
    apart = np.abs(measured[:, :, 1] - measured[:, :, 0]).mean(axis=0)
    return apart / np.where(natural > _TINY, natural, np.nan)


def _rows(moved: Float64[np.ndarray, "dimensions factors"], label: int) -> Iterator[pd.DataFrame]:
    """Yield the observations of one class; a dimension's number counts through the classes."""
    numbers = label * len(moved) + np.arange(len(moved))
    for place, name in enumerate(FACTORS):
        known = np.isfinite(moved[:, place])
        yield _observed(MOVED[name], numbers[known], moved[known, place])
    sums = np.nansum(moved, axis=1)
    moves = sums > _TINY
    largest = np.nanmax(moved[moves], axis=1) if moves.any() else np.empty(0)
    yield _observed(SELECTIVE, numbers[moves], largest / sums[moves])


def _observed(metric: Metric, numbers: np.ndarray, values: np.ndarray) -> pd.DataFrame:
    return observe(
        condition=_CONDITION,
        severity=STEPS[-1],
        unit="dimension",
        unit_ids=numbers,
        metric=metric,
        values=values,
    )
