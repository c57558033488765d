"""Whether a dimension means the same in another training: embeddings matched with one another."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import ClassVar

import numpy as np
import pandas as pd
from jaxtyping import Float64

from capsprobe.data.images import ImageSet
from capsprobe.embeddings.alignment import matched_correlation, numbered_correlation
from capsprobe.faults import UsageFault
from capsprobe.models.base import Embeds, Network, models
from capsprobe.models.blocks import block_of, embedded
from capsprobe.probes.base import Probe, probes, together
from capsprobe.tables import ITSELF, Condition, Measurement, Metric, observe

_FEW = "classes with too few images to be matched"
_NONE = "sources without an embedding"

MATCHED = Metric(
    name="matched_correlation",
    lower=0.0,
    upper=1.0 + 1e-9,
    description="mean |correlation| of dimensions under the best match of one to one",
)
MATCHED_NULL = Metric(
    name="matched_correlation_null",
    lower=0.0,
    upper=1.0 + 1e-9,
    description="the same with the images of the other exchanged",
    null=True,
)
NUMBERED = Metric(
    name="numbered_correlation",
    lower=0.0,
    upper=1.0 + 1e-9,
    description="mean |correlation| of dimensions with the same number",
)
_Codes = Float64[np.ndarray, "images block"]
# Of a network of the user's own, perhaps wider or narrower.
_Others = Float64[np.ndarray, "images others"]


@probes.register("alignment")
@dataclass(frozen=True, kw_only=True)
class Alignment(Probe):
    """Match the dimensions of two trainings one to one, class by class, and see how alike they are.

    The condition names the other: the same model or another one, as another training seed left it
    (capsprobe.study.sources), or the network `itself`, where all is 1. A class is the unit, for a
    dimension of one class capsule means nothing in another. With few images chance matches well
    too: beside it stands the same with the other's images exchanged within the class. Classes with
    fewer than `fewest` images are left out; at most `limit` images are used, a fixed random choice.
    """

    name: ClassVar = "alignment"
    question: ClassVar = "Does a dimension mean the same in another training?"
    metrics: ClassVar = (MATCHED, MATCHED_NULL, NUMBERED)

    fewest: int = 20
    limit: int = 2000

    def __post_init__(self) -> None:
        """Raise UsageFault where a setting cannot be meant."""
        if min(self.fewest, self.limit) < 1:
            fewest = min(self.fewest, self.limit)
            raise UsageFault(f"expected at least 1 of fewest and of limit, got {fewest}")

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Return every network that is known beforehand and may be beside this."""
        return _conditions(models)

    def lacks(self, network: Network) -> str:
        """Return what a network without an embedding lacks."""
        return "" if isinstance(network, Embeds) else "an embedding"

    def made(self, source: Network, images: ImageSet, *, part: str, seed: int) -> _Codes | None:
        """Return a source's blocks of the true classes, none where it shows no embedding."""
        del part, seed
        if not isinstance(source, Embeds):
            return None
        chosen = images.limit(self.limit)
        code = block_of(embedded(source, chosen.images), chosen.labels, classes=images.classes)
        return code.double().numpy()

    def across(self, made: Mapping[str, _Codes | None]) -> Probe:
        """Return the probe with the embeddings of these sources, by their names."""
        given = {each.name: getattr(self, each.name) for each in fields(self)}
        return _Across(**given, others=made)

    def measure(
        self, network: Network, images: ImageSet, rng: np.random.Generator, part: str
    ) -> Measurement:
        """Return how alike the network's dimensions are to themselves."""
        own = self.made(network, images, part=part, seed=0)
        return self._beside({ITSELF: own}, network, images, rng, part)

    def _beside(
        self,
        others: Mapping[str, _Codes | None],
        network: Network,
        images: ImageSet,
        rng: np.random.Generator,
        part: str,
    ) -> Measurement:
        own = self.made(network, images, part=part, seed=0)
        labels = images.limit(self.limit).labels.numpy()
        classes = [c for c in range(images.classes) if (labels == c).sum() >= self.fewest]
        shown = {name: each for name, each in others.items() if each is not None}
        tables: list[pd.DataFrame] = []
        if own is not None:
            for name, other in shown.items():
                for label in classes:
                    rows = labels == label
                    tables += _rows(f"{part}/{name}", label, own[rows], other[rows], rng)
        left_out = {_FEW: images.classes - len(classes), _NONE: len(others) - len(shown)}
        return Measurement(
            observations=together(tables),
            left_out={reason: count for reason, count in left_out.items() if count},
        )


@dataclass(frozen=True, kw_only=True)
class _Across(Alignment):
    """The probe with the other embeddings at hand."""

    others: Mapping[str, _Codes | None] = field(repr=False)

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Return the networks beside this, those of the user's own among them."""
        return _conditions(dict.fromkeys((*models, *self.others)))

    def measure(
        self, network: Network, images: ImageSet, rng: np.random.Generator, part: str
    ) -> Measurement:
        """Return how alike the network's dimensions are to those of each source."""
        return self._beside(self.others, network, images, rng, part)


def _conditions(names: Iterable[str]) -> tuple[Condition, ...]:
    texts = {
        ITSELF: "beside the network itself",
        **{name: f"beside {name} of another training seed" for name in names if name != ITSELF},
    }
    return tuple(
        Condition(name=f"across/{name}", unit="1", description=text, has_clean=False)
        for name, text in texts.items()
    )


def _rows(
    condition: str, label: int, own: _Codes, other: _Others, rng: np.random.Generator
) -> Iterator[pd.DataFrame]:
    values = {
        MATCHED: matched_correlation(own, other),
        MATCHED_NULL: matched_correlation(own, other[rng.permutation(len(other))]),
        NUMBERED: numbered_correlation(own, other),
    }
    for metric, value in values.items():
        yield observe(
            condition=condition,
            severity=0.0,
            unit="class",
            unit_ids=[label],
            metric=metric,
            values=[value],
        )
