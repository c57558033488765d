"""Parts taken away or put back by how much the network heeds them, and what its answer keeps."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float, Float64, Int64
from torch import Tensor

from capsprobe.data.images import ImageSet
from capsprobe.data.views import ViewName
from capsprobe.embeddings.ordering import area_under
from capsprobe.faults import UsageFault
from capsprobe.models.base import Network
from capsprobe.models.batches import in_batches
from capsprobe.models.inference import score
from capsprobe.models.layers import Layer, can_be_ablated, last_layer
from capsprobe.probes.base import Probe, probes, together
from capsprobe.shapes import IMAGES
from capsprobe.tables import Condition, Measurement, Metric, observe

_BEYOND = "beyond the limit of images whose parts are taken away"
_LARGE = 1e9
_ORDERS = {
    "own": "those first that the network heeds most",
    "random": "in an order by chance",
}
_WAYS = {"deletion": "parts taken away", "insertion": "parts put back, all others away"}

RETAINED = Metric(
    name="retained",
    lower=0.0,
    upper=_LARGE,
    description="confidence in the answer to the whole image, as a part of what it was",
)
AREA = Metric(
    name="area", lower=0.0, upper=_LARGE, description="area under the curve of what is retained"
)
_Curves = dict[str, Float64[np.ndarray, "images steps"]]


@probes.register("deletion")
@dataclass(frozen=True, kw_only=True)
class Deletion(Probe):
    """Take parts away in the order in which the network heeds them, and see its confidence fall.

    Parts are capsules, channels or features: capsprobe.models.layers says which and how much each
    is heeded. What explains an answer, gone, takes the answer with it: the curve of `deletion`
    falls at once, and below that of an order by chance, and that of `insertion` rises at once
    (Petsiuk et al. 2018). Severity is the fraction of parts taken away; in `insertion` those that
    are away are those that come last. The confidence is that in the class named for the whole
    image, relative to what it was, so that lengths and logits lie on one scale. At most `limit`
    images are looked at, a fixed random choice.
    """

    name: ClassVar = "deletion"
    question: ClassVar = "Do the parts that it heeds carry its answer?"
    metrics: ClassVar = (RETAINED, AREA)

    steps: int = 10
    limit: int = 200

    def __post_init__(self) -> None:
        """Raise UsageFault where a setting cannot be meant."""
        if min(self.steps, self.limit) < 1:
            fewest = min(self.steps, self.limit)
            raise UsageFault(f"expected at least 1 of steps and of limit, got {fewest}")

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Return both ways in both orders."""
        return tuple(
            Condition(name=f"{way}/{order}", unit="1", description=f"{told}, {text}")
            for way, told in _WAYS.items()
            for order, text in _ORDERS.items()
        )

    def parts(self, view: ViewName) -> tuple[str, ...]:
        """Return both ways, for networks trained on single digits."""
        return tuple(_WAYS) if view == "single" else ()

    def lacks(self, network: Network) -> str:
        """Return what a network lacks that shows scores alone."""
        return "" if can_be_ablated(network) else "votes, channels or an embedding to take from"

    def measure(
        self, network: Network, images: ImageSet, rng: np.random.Generator, part: str
    ) -> Measurement:
        """Return what is retained at each step, and the area under it, one number an image."""
        chosen = images.limit(self.limit)
        score(network, chosen.images)
        batches = in_batches(
            network, len(chosen), lambda few: self._curves(network, chosen.images[few], rng, part)
        )
        found = [curves for _, curves in batches]
        tables = [
            table
            for order in _ORDERS
            for table in self._rows(
                f"{part}/{order}", np.concatenate([each[order] for each in found]), chosen
            )
        ]
        beyond = len(images) - len(chosen)
        return Measurement(
            observations=together(tables), left_out={_BEYOND: beyond} if beyond else {}
        )

    def _curves(
        self, network: Network, images: Float[Tensor, IMAGES], rng: np.random.Generator, way: str
    ) -> _Curves:
        """Return what is retained by order, at every fraction from none away to all away."""
        with torch.no_grad():
            layer = last_layer(network, images)
            whole = layer.rest(layer.carried)
            named = whole.argmax(dim=1, keepdim=True)
            sure = torch.sigmoid(whole).gather(1, named)
            heeded = layer.weights["own"]
            by_chance = torch.from_numpy(rng.random(tuple(heeded.shape)))
            return {
                order: torch.cat(
                    [
                        torch.sigmoid(layer.rest(left)).gather(1, named) / sure
                        for left in self._left(layer, weights, way)
                    ],
                    dim=1,
                )
                .double()
                .cpu()
                .numpy()
                for order, weights in (("own", heeded), ("random", by_chance))
            }

    def _left(
        self, layer: Layer, weights: Float[Tensor, "images children"], way: str
    ) -> Iterator[Float[Tensor, "images children pose"]]:
        """Yield what is left of the children at every step."""
        rank = _rank(weights, descending=way == "deletion").to(layer.carried.device)
        count = weights.shape[1]
        for step in range(self.steps + 1):
            away = round(count * step / self.steps)
            # In a deletion the most heeded go first; in an insertion they stay longest.
            yield layer.carried * (rank >= away).unsqueeze(2)

    def _rows(
        self, condition: str, curves: Float64[np.ndarray, "images steps"], images: ImageSet
    ) -> Iterator[pd.DataFrame]:
        ids = images.ids.numpy()
        for step in range(self.steps + 1):
            yield observe(
                condition=condition,
                severity=step / self.steps,
                unit="image",
                unit_ids=ids,
                metric=RETAINED,
                values=curves[:, step],
            )
        yield observe(
            condition=condition,
            severity=1.0,
            unit="image",
            unit_ids=ids,
            metric=AREA,
            values=area_under(curves),
        )


def _rank(
    weights: Float[Tensor, "images children"], *, descending: bool
) -> Int64[Tensor, "images children"]:
    """Return each child's place in the order of weights, from 0 on."""
    return weights.argsort(dim=1, descending=descending, stable=True).argsort(dim=1)
