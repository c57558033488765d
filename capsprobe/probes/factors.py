"""Pose dimensions beside measured factors of the digit: whether one of them means one of those."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from jaxtyping import Float64
from sklearn.decomposition import PCA

from capsprobe.data.images import ImageSet
from capsprobe.data.morphometry import FACTORS, factors
from capsprobe.embeddings.disentanglement import null_scores, scores
from capsprobe.faults import UsageFault
from capsprobe.models.base import Embeds, Network
from capsprobe.models.blocks import block_of, embedded
from capsprobe.probes.base import Probe, probes, together
from capsprobe.tables import Condition, Measurement, Metric, observe

_FEW = "classes with too few images to be measured"
_LOWEST = -1e9
_TEXTS = {
    "mig": "mutual information gap (Chen et al. 2018)",
    "sap": "separated attribute predictability (Kumar et al. 2018)",
    "disentanglement": "disentanglement of DCI (Eastwood and Williams 2018)",
    "completeness": "completeness of DCI",
    "informativeness": "cross-validated R2 of DCI's regressors",
    "selectivity": "share of its best factor in what a dimension moves with",
}


def _metrics() -> Iterator[Metric]:
    for name, text in _TEXTS.items():
        for null, beside in (("", ""), ("_null", ", factors exchanged among images")):
            lower = _LOWEST if name == "informativeness" else 0.0
            yield Metric(
                name=f"{name}{null}",
                lower=lower,
                upper=1.0,
                description=f"{text}{beside}",
                null=bool(null),
            )


_NAMED = {metric.name: metric for metric in _metrics()}


@probes.register("factors")
@dataclass(frozen=True, kw_only=True)
class Factors(Probe):
    """Set an embedding's dimensions beside what can be measured of a drawn digit.

    Area, length, thickness, slant, width, height and holes (capsprobe.data.morphometry), class by
    class, because a dimension of one class capsule means nothing in another: a class is the unit.
    `block` is the block of the true class, `pca` as many principal components of the pixels of that
    class, which no network had a hand in. Each score stands beside the same with the factors
    exchanged among the images of the class: with few images chance alone scores well. Classes with
    fewer than `fewest` images are left out; at most `limit` images are used, a fixed random choice.
    """

    name: ClassVar = "factors"
    question: ClassVar = "Does one dimension of its embedding mean one thing?"
    metrics: ClassVar = tuple(_NAMED.values())

    fewest: int = 20
    limit: int = 2000

    def __post_init__(self) -> None:
        """Raise UsageFault where a setting cannot be meant."""
        if self.fewest < 10 or self.limit < 1:
            raise UsageFault(
                f"expected fewest >= 10 and limit >= 1, got {self.fewest} and {self.limit}"
            )

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Return the network's dimensions, and those of the pixels."""
        return (
            Condition(
                name="factors/block",
                unit="1",
                description="the embedding's block of the true class",
                has_clean=False,
            ),
            Condition(
                name="factors/pca",
                unit="1",
                description="principal components of the pixels, as many",
                has_clean=False,
            ),
        )

    def lacks(self, network: Network) -> str:
        """Return what a network without an embedding lacks."""
        return "" if isinstance(network, Embeds) else "an embedding"

    def measure(
        self, network: Network, images: ImageSet, rng: np.random.Generator, part: str
    ) -> Measurement:
        """Return every score of every class, and of its principal components."""
        chosen = images.limit(self.limit)
        table = factors(chosen.images)[list(FACTORS)].to_numpy()
        code = block_of(embedded(network, chosen.images), chosen.labels, classes=images.classes)
        codes, labels = code.double().numpy(), chosen.labels.numpy()
        pixels = chosen.images.flatten(1).double().numpy()
        # Their own: what is drawn for the network's dimensions must not hang on their number.
        start = int(rng.integers(2**31))
        found: list[tuple[str, int, str, float]] = []
        classes = [c for c in range(images.classes) if (labels == c).sum() >= self.fewest]
        for label in classes:
            rows = labels == label
            both = {"block": codes[rows], "pca": _components(pixels[rows], codes.shape[1])}
            for name, few in both.items():
                for metric, value in _scored(few, table[rows], seed=start + label):
                    found.append((f"{part}/{name}", label, metric, value))
        left_out = images.classes - len(classes)
        return Measurement(observations=_rows(found), left_out={_FEW: left_out} if left_out else {})


def _scored(
    codes: Float64[np.ndarray, "images dimensions"],
    table: Float64[np.ndarray, "images factors"],
    *,
    seed: int,
) -> Iterator[tuple[str, float]]:
    yield from scores(codes, table, np.random.default_rng(seed)).items()
    null = null_scores(codes, table, np.random.default_rng(seed))
    yield from ((f"{name}_null", value) for name, value in null.items())


def _components(
    pixels: Float64[np.ndarray, "images pixels"], width: int
) -> Float64[np.ndarray, "images dimensions"]:
    most = min(width, *pixels.shape)
    return PCA(n_components=most, svd_solver="full").fit_transform(pixels)


def _rows(found: list[tuple[str, int, str, float]]) -> pd.DataFrame:
    return together(
        [
            observe(
                condition=condition,
                severity=0.0,
                unit="class",
                unit_ids=[label],
                metric=_NAMED[metric],
                values=[value],
            )
            for condition, label, metric, value in found
        ]
    )
