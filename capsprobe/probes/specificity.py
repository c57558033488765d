"""How much of what children are weighed by goes with the class: gates and coefficients by class."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from jaxtyping import Float, Float64, Int64
from torch import Tensor

from capsprobe.data.images import ImageSet
from capsprobe.faults import UsageFault
from capsprobe.models.base import Network
from capsprobe.models.batches import in_batches
from capsprobe.models.inference import score
from capsprobe.models.layers import can_be_taken_apart, taken_apart
from capsprobe.probes.base import Probe, probes, together
from capsprobe.shapes import IMAGES
from capsprobe.tables import TRACE_COLUMNS, Condition, Measurement, Metric, observe

_ALIKE = "children that are weighed alike in all images"
_TINY = 1e-12
_LAYERS = {
    "capsules": "primary capsules, by the coefficient of the winning parent or the literal head",
    "stage-1": "channels after the first stage, by their gates",
    "stage-2": "channels after the second stage, by their gates",
}

CLASS_SHARE = Metric(
    name="class_share",
    lower=0.0,
    upper=1.0,
    description="share of a weight's variance over images that lies between classes (eta squared)",
)
CLASS_SHARE_NULL = Metric(
    name="class_share_null",
    lower=0.0,
    upper=1.0,
    description="the same with the classes of images exchanged",
    null=True,
)


@probes.register("specificity")
@dataclass(frozen=True, kw_only=True)
class Specificity(Probe):
    """Ask of each gate or coefficient how much of its variance over images the class explains.

    A part that stands for something is weighed by whether that is there, so its weight goes with
    the class; one that does the same for all images does not. A child is the unit. At most `limit`
    images are looked at, a fixed random choice.
    """

    name: ClassVar = "specificity"
    question: ClassVar = "Do the weights of parts go with the class?"
    metrics: ClassVar = (CLASS_SHARE, CLASS_SHARE_NULL)

    limit: int = 1000

    def __post_init__(self) -> None:
        """Raise UsageFault where a setting cannot be meant."""
        if self.limit < 1:
            raise UsageFault(f"expected a limit of at least 1 image, got {self.limit}")

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Return the layers that have children to weigh."""
        return tuple(
            Condition(name=f"weights/{name}", unit="1", description=text, has_clean=False)
            for name, text in _LAYERS.items()
        )

    def lacks(self, network: Network) -> str:
        """Return what a network that weighs no children lacks."""
        return "" if can_be_taken_apart(network) else "gates or votes that are routed"

    def measure(
        self, network: Network, images: ImageSet, rng: np.random.Generator, part: str
    ) -> Measurement:
        """Return of each child what part of its weight's variance lies between classes."""
        chosen = images.limit(self.limit)
        score(network, chosen.images)
        batches = [
            weights
            for _, weights in in_batches(
                network, len(chosen), lambda few: _weights(network, chosen.images[few])
            )
        ]
        labels, exchanged = chosen.labels.numpy(), rng.permutation(chosen.labels.numpy())
        tables, traces, left_out = [], [], 0
        for layer in batches[0]:
            weights = np.concatenate([each[layer] for each in batches])
            varies = weights.var(axis=0) > _TINY
            left_out += int((~varies).sum())
            condition = f"{part}/{layer}"
            for metric, by in ((CLASS_SHARE, labels), (CLASS_SHARE_NULL, exchanged)):
                values = class_share(weights[:, varies], by)
                tables.append(_observed(condition, metric, np.flatnonzero(varies), values))
            traces.append(_by_class(condition, weights, labels))
        return Measurement(
            observations=together(tables),
            traces=pd.concat(traces, ignore_index=True),
            left_out={_ALIKE: left_out} if left_out else {},
        )


def class_share(
    weights: Float64[np.ndarray, "images children"], labels: Int64[np.ndarray, " images"]
) -> Float64[np.ndarray, " children"]:
    """Return the sum of squares between classes over that of all (eta squared), child by child."""
    middle = weights.mean(axis=0)
    between = np.zeros(weights.shape[1])
    for label in np.unique(labels):
        own = weights[labels == label]
        between += len(own) * np.square(own.mean(axis=0) - middle)
    return np.clip(between / np.square(weights - middle).sum(axis=0), 0.0, 1.0)


def _weights(
    network: Network, images: Float[Tensor, IMAGES]
) -> dict[str, Float64[np.ndarray, "images children"]]:
    return {
        layer.name: layer.weights[layer.own].double().numpy()
        for layer in taken_apart(network, images)
    }


def _by_class(condition: str, weights: np.ndarray, labels: np.ndarray) -> pd.DataFrame:
    """Return the mean weight of each child in each class, as a matrix of classes by children."""
    named = np.unique(labels)
    means = np.stack([weights[labels == label].mean(axis=0) for label in named])
    row = (condition, 0.0, 0, "", "by-class", *means.shape, means.round(5).flatten().tolist())
    return pd.DataFrame([row], columns=list(TRACE_COLUMNS))


def _observed(
    condition: str, metric: Metric, numbers: np.ndarray, values: np.ndarray
) -> pd.DataFrame:
    return observe(
        condition=condition,
        severity=0.0,
        unit="child",
        unit_ids=numbers,
        metric=metric,
        values=values,
    )
