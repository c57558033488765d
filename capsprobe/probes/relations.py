"""Parts and poses: whether a network minds where parts stand, and knows how a digit lies."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import numpy as np
import pandas as pd
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from capsprobe.data.images import ImageSet
from capsprobe.data.parts import (
    SYMMETRIC,
    blanked_seam,
    displaced,
    mirrored,
    recombined,
    shuffled,
)
from capsprobe.data.poses import REACH, posed
from capsprobe.faults import UsageFault
from capsprobe.models.base import Embeds, Network
from capsprobe.models.batches import in_batches
from capsprobe.models.blocks import embedded
from capsprobe.models.inference import score
from capsprobe.models.readings import Reading, read_by_class, shuffled_by_image
from capsprobe.models.rerouting import Capsular, children_of, reroute, votes_of
from capsprobe.models.scrambles import INTACT, Scramble, pictures
from capsprobe.probes.base import Probe, probes, together
from capsprobe.routing.contrasts import from_means
from capsprobe.routing.portraits import firsts
from capsprobe.routing.shares import shares_of
from capsprobe.shapes import COEFFICIENTS, IMAGES
from capsprobe.tables import CORRECT, TRACE_COLUMNS, Condition, Measurement, Metric, observe

_FEW = "too few images of a class to be asked about"
_NO_ROOM = "poses whose ink would leave the canvas"
_SAME = "images of a class that its mirror image belongs to as well"
_BEYOND = "beyond the limit of posed images"
_MIRRORED = "mirrored"
_OF_DIGITS = ("digits", "mnist")
_SCRAMBLES = ("shuffled", "recombined", _MIRRORED, "seam")
_UNITS = {"rotation": "deg", "scale": "1", "shear": "1", "shift-x": "px", "shift-y": "px"}
# Points of a scatter.
_SHOWN = 200
# R2 is at most 1; an image with more versions than others has a larger share in it.
_LOWEST, _LARGEST = -1e9, 1e3

AUROC = Metric(
    name="intact_auroc",
    lower=-1.0,
    upper=2.0,
    description="AUROC of the highest score, intact against scrambled: pseudo-values, by image",
)
AUROC_LABEL = Metric(
    name="label_auroc",
    lower=-1.0,
    upper=2.0,
    description="the same of the true class's score",
)
READOUT, READOUT_WHOLE, READOUT_SHUFFLED = (
    Metric(name=name, lower=_LOWEST, upper=_LARGEST, description=text, null=null)
    for name, text, null in (
        ("readout", "R2 of a linear reading from the true class's block, by image", False),
        ("readout_whole", "the same from the whole embedding", False),
        ("readout_shuffled", "the same from the true class's block, poses shuffled", True),
    )
)
DEPENDS = Metric(
    name="input_divergence",
    lower=0.0,
    upper=1.0,
    unit="bits",
    description="Jensen-Shannon divergence of the coefficients from their mean over images",
)
DEPENDS_WITHIN = Metric(
    name="class_divergence",
    lower=0.0,
    upper=1.0,
    unit="bits",
    description="the same from their mean over images of the same class",
)
_NAMED = {metric.name: metric for metric in (AUROC, AUROC_LABEL, CORRECT)}


@probes.register("relations")
@dataclass(frozen=True, kw_only=True)
class Relations(Probe):
    """Scramble the parts of a digit; read its pose out; ask whether coefficients depend on it.

    `parts`: quadrants shuffled, `displaced` by so many pixels, strewn, the whole mirrored, and,
    as a control, the seams alone. A network that minds where parts stand scores the intact image
    higher: `intact_auroc` is .5 where it does not, and 1 where it always does. Scores are
    compared with others of the same network alone. `pose`: every image in so many `versions` of
    turned, resized, sheared and moved at once; each is read from the embedding by ridge
    regression, class by class, under nested cross-validation whose folds keep the versions of
    one image together. At most `limit` images are posed, a fixed random choice. `input`: how far
    the coefficients of an image are from their mean over all; a routing that does not depend on
    the image has 0. So many as are `pictured` are kept to be looked at.
    """

    name: ClassVar = "relations"
    question: ClassVar = "Does it know how parts are arranged, and how the whole lies?"
    metrics: ClassVar = (
        AUROC,
        AUROC_LABEL,
        CORRECT,
        READOUT,
        READOUT_WHOLE,
        READOUT_SHUFFLED,
        DEPENDS,
        DEPENDS_WITHIN,
    )

    displaced: tuple[float, ...] = (0.0, 1.0, 2.0, 3.0, 4.0)
    versions: int = 8
    limit: int = 1000
    pictured: int = 2

    def __post_init__(self) -> None:
        """Raise UsageFault where a setting cannot be meant."""
        outside = [each for each in self.displaced if not 0.0 <= each <= 28.0 or each % 1.0]
        if outside or 0.0 not in self.displaced or len(set(self.displaced)) < len(self.displaced):
            raise UsageFault(
                f"expected displaced by whole pixels from 0 on, each once, got {self.displaced}"
            )
        if min(self.versions, self.limit) < 1:
            fewest = min(self.versions, self.limit)
            raise UsageFault(f"expected at least 1 of versions and of limit, got {fewest}")
        if self.pictured < 0:
            raise UsageFault(f"expected pictured >= 0, got {self.pictured}")

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Return what is done to parts, the poses, and the input dependence."""
        return (
            *(
                Condition(name=f"parts/{name}", unit="px" if name == "displaced" else "1")
                for name in ("displaced", *_SCRAMBLES)
            ),
            *(
                Condition(name=f"pose/{name}", unit=unit, has_clean=False)
                for name, unit in _UNITS.items()
            ),
            Condition(name="input/coefficients", unit="iterations", has_clean=False),
        )

    def lacks_for(self, network: Network, part: str) -> str:
        """Return what a network without an embedding, or without routed votes, lacks."""
        if part == "pose" and not isinstance(network, Embeds):
            return "an embedding"
        if part == "input" and not isinstance(network, Capsular):
            return "votes that are routed"
        return ""

    def measure(
        self, network: Network, images: ImageSet, rng: np.random.Generator, part: str
    ) -> Measurement:
        """Return one number an image for each metric and condition of a part."""
        if part == "parts":
            return self._parts(network, images, rng)
        if part == "pose":
            return self._pose(network, images, rng)
        return Measurement(observations=_depends(network, images))

    def _parts(self, network: Network, images: ImageSet, rng: np.random.Generator) -> Measurement:
        asked = partial(_asked, network)
        intact = asked(INTACT, 0.0, images.images)
        found = [asked(*made) for made in self._scrambled(images, rng)]
        # Of other images than digits, no class is known to be its own mirror image.
        same_mirrored = SYMMETRIC if images.name in _OF_DIGITS else ()
        other = ~torch.isin(images.labels, torch.tensor(same_mirrored, dtype=torch.int64))
        every = torch.ones_like(other)
        tables = [
            table
            for each in found
            for table in _beside(each, intact, images, other if each.name == _MIRRORED else every)
        ]
        same = int((~other).sum())
        return Measurement(
            observations=together(tables),
            traces=pictures(
                [intact, *found],
                images,
                firsts(images.labels, self.pictured),
                scores=network.scores,
                condition="parts",
            ),
            left_out={_SAME: same} if same else {},
        )

    def _scrambled(
        self, images: ImageSet, rng: np.random.Generator
    ) -> Iterator[tuple[str, float, Float[Tensor, IMAGES]]]:
        """Yield every scramble, each after its clean images at severity 0."""
        pixels, ids, start = images.images, images.ids, int(rng.integers(2**31))
        for moved in sorted(self.displaced):
            # The same directions at each size, so that severity alone differs.
            again = np.random.default_rng(start)
            yield "displaced", moved, displaced(pixels, moved, again, ids=ids)
        makers: dict[str, Callable[[Tensor], Tensor]] = {
            "shuffled": partial(shuffled, rng=rng, ids=ids),
            "recombined": partial(recombined, rng=rng, ids=ids),
            _MIRRORED: mirrored,
            "seam": blanked_seam,
        }
        for name in _SCRAMBLES:
            yield name, 0.0, pixels
            yield name, 1.0, makers[name](pixels)

    def _pose(self, network: Network, images: ImageSet, rng: np.random.Generator) -> Measurement:
        chosen = images.limit(self.limit)
        shown = posed(chosen, rng, versions=self.versions)
        embedding = embedded(network, shown.images)
        tables: list[pd.DataFrame] = []
        traces: list[pd.DataFrame] = []
        for name in REACH:
            truth = shown.parameters[name].to_numpy()
            nothing = shuffled_by_image(truth, shown, rng)
            read = partial(read_by_class, embedding, shown)
            for metric, reading in (
                (READOUT, own := read(truth, rng, whole=False)),
                (READOUT_WHOLE, read(truth, rng, whole=True)),
                (READOUT_SHUFFLED, read(nothing, rng, whole=False)),
            ):
                tables.append(_by_image(f"pose/{name}", REACH[name], metric, reading, shown))
            traces.append(_scatter(f"pose/{name}", REACH[name], own))
        left_out = {
            _BEYOND: len(images) - len(chosen),
            _NO_ROOM: len(chosen) * self.versions - len(shown),
            _FEW: int((~own.known).sum()),
        }
        return Measurement(
            observations=together(tables),
            traces=pd.concat(traces, ignore_index=True),
            left_out={reason: count for reason, count in left_out.items() if count},
        )


def _asked(network: Network, name: str, severity: float, images: Float[Tensor, IMAGES]) -> Scramble:
    return Scramble(name=name, severity=severity, images=images, scores=score(network, images))


def _beside(
    each: Scramble, intact: Scramble, images: ImageSet, rows: Bool[Tensor, " images"]
) -> Iterator[pd.DataFrame]:
    """Yield what is said of scrambled images beside what is said of the intact ones."""
    if not rows.any():
        return
    for name, values in each.beside(intact, images.labels, rows).items():
        yield observe(
            condition=f"parts/{each.name}",
            severity=each.severity,
            unit="image",
            unit_ids=images.ids[rows].numpy(),
            metric=_NAMED[name],
            values=values,
        )


def _by_image(
    condition: str, reach: float, metric: Metric, reading: Reading, shown: ImageSet
) -> pd.DataFrame:
    """Return each image's share of R2, the mean over its versions."""
    shares = reading.shares(shown.ids.numpy())
    return observe(
        condition=condition,
        severity=reach,
        unit="image",
        unit_ids=shares.index.to_numpy(),
        metric=metric,
        values=shares.to_numpy(),
    )


def _depends(network: Network, images: ImageSet) -> pd.DataFrame:
    """Return how far the last coefficients of each image are from means over images."""
    assert isinstance(network, Capsular)

    def few(rows: slice) -> Float[Tensor, COEFFICIENTS]:
        votes = votes_of(network, children_of(network, images.images[rows]))
        return shares_of(reroute(network, votes, iterations=network.iterations))[-1]

    shares = torch.cat([each for _, each in in_batches(network, len(images), few)])
    found = from_means(shares, images.labels)
    return together(
        [
            observe(
                condition="input/coefficients",
                severity=float(network.iterations),
                unit="image",
                unit_ids=images.ids.numpy(),
                metric=metric,
                values=values.double().numpy(),
            )
            for metric, values in zip((DEPENDS, DEPENDS_WITHIN), found, strict=True)
        ]
    )


def _scatter(condition: str, reach: float, reading: Reading) -> pd.DataFrame:
    """Return truth and reading of a few images, as rows of one matrix."""
    pairs = reading.pairs(_SHOWN)
    row = (condition, reach, 0, "", "read", *pairs.shape, pairs.round(4).flatten().tolist())
    return pd.DataFrame([row] if pairs.size else [], columns=list(TRACE_COLUMNS))
