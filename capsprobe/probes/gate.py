"""Gates beside routing coefficients, over the same children of the same network."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from capsprobe.data.corruptions.base import corrupt, corruptions
from capsprobe.data.images import ImageSet
from capsprobe.faults import UsageFault
from capsprobe.models.base import Network
from capsprobe.models.batches import in_batches
from capsprobe.models.driven import driven_apart
from capsprobe.models.inference import score
from capsprobe.models.layers import WEIGHTS, Layer, can_be_taken_apart, taken_apart
from capsprobe.probes.base import Probe, probes, together
from capsprobe.routing.base import check_iterations, length
from capsprobe.routing.ranks import of_others, shuffled, spearman, variation
from capsprobe.routing.single import route_single
from capsprobe.shapes import IMAGES
from capsprobe.tables import Condition, Measurement, Metric, observe

_ALIKE = "weights that are the same for all children"
_UNMOVED = "weights, or what moves children, the same for all of them"
_CLUTTER = "clutter/zigzag"
# By layer and name.
Weights = dict[str, dict[str, Float[Tensor, WEIGHTS]]]
# Metrics with a number an image.
Numbers = Iterator[tuple[str, np.ndarray]]

_MOST_VARIATION = 1e3
_WEIGHTS = {
    "gate": "the gate",
    "summed": "the literal head's weights summed over classes",
    "routing": "the coefficient of the winning parent",
    "activity": "the coefficients summed over parents, each by its activation",
    "article": "the coefficients of the article's routing to one parent",
    "length": "the length of the child's pose",
    "constant": "the routing's mean over all other images",
}
# The same in an image with a zigzag.
_CLUTTERED = {
    "gate": "the gate, of the class that is shown where it has one",
    "routing": "the coefficient of the parent that is shown",
    "constant": "the mean of either over all other images",
}
_PAIRS = (
    ("gate", "article"),
    ("summed", "article"),
    ("constant", "routing"),
    ("article", "routing"),
)
_VARYING = ("gate", "summed", "routing", "article")


def _correlations(name: str, text: str) -> Iterable[Metric]:
    for null, beside in (("", ""), ("_shuffled", ", children shuffled")):
        yield Metric(
            name=f"{name}{null}",
            lower=-1.0,
            upper=1.0,
            description=f"{text}{beside}",
            null=bool(null),
        )


METRICS = (
    *(
        metric
        for a, b in _PAIRS
        for metric in _correlations(f"{a}_{b}", f"rank correlation of {_WEIGHTS[a]}, {_WEIGHTS[b]}")
    ),
    *(
        metric
        for name, text in _WEIGHTS.items()
        for metric in _correlations(f"drop_{name}", f"rank correlation of ablation drop, {text}")
    ),
    *(
        Metric(
            name=f"{name}_variation",
            lower=0.0,
            upper=_MOST_VARIATION,
            description=f"{_WEIGHTS[name]}: share of its variance that no constant carries",
        )
        for name in _VARYING
    ),
    *(
        metric
        for name in ("routing", "gate", "constant")
        for metric in _correlations(
            f"belonging_{name}",
            f"rank correlation of how much farther the digit moves a child than a zigzag does, "
            f"{_CLUTTERED[name]}",
        )
    ),
    Metric(
        name="sum_spread",
        lower=0.0,
        upper=_MOST_VARIATION,
        description="spread over children of the coefficients summed over parents",
    ),
)
_NAMED = {metric.name: metric for metric in METRICS}


@probes.register("gate")
@dataclass(frozen=True, kw_only=True)
class Gate(Probe):
    """Set what a gate says of each child beside what routing says of it, over the same children.

    The same children means those of one network. Two networks' capsules have nothing in common,
    so each is compared with what can be computed from its own, and only that:

    - under the SENet's gates, and under the literal head, whose weights for the predicted class
      count as its gate: the article's routing to one parent, which needs no weights of its own;
      a SENet's children are a stage's channels, their poses the maps, as the article has it;
    - under a CapsNet's routing, which has no gate: the best that the literal head's constants
      could do on these capsules, an image's weights being foretold by their mean over all other
      images; and the article's routing again.

    Sabour's coefficients, summed over parents, are one for every child, so no gate can be
    correlated with the sum (`sum_spread` shows it): the winning parent's coefficient stands for
    routing, and the sum in which parents count by their activation. Each is then asked to foretell
    the ablation drop: by how much the predicted class's logit falls without the child. What is said
    of the predicted class varies with that class, also where the weights themselves are constants,
    as the literal head's are but for its relu; `summed_variation` is of those alone. A metric is
    there for networks that have its weights.

    The part `driven` asks whether what belongs to the digit gets more weight than what does not: a
    white zigzag is drawn through each image (MNIST-C's, at its severity, which is the rows'). How
    far the digit moves a child's pose from what an empty, black image makes of it, less how far
    the zigzag alone does, is ranked beside the child's weight in the image that has both: for the
    class that is shown, whatever was predicted. A mean over other images' weights stands beside
    it, for what depends on a child's place and not on this image.

    The other part's severity is the number of the article's rounds, `iterations`; a network's own
    routing has its own. At most `limit` images are looked at, a
    fixed random choice, because each takes a run of the head for every child.
    """

    name: ClassVar = "gate"
    question: ClassVar = "Do gates do what routing coefficients do?"
    metrics: ClassVar = METRICS

    iterations: int = 3
    limit: int = 100

    def __post_init__(self) -> None:
        """Raise UsageFault where a setting cannot be meant."""
        check_iterations(self.iterations)
        if self.limit < 1:
            raise UsageFault(f"expected a limit of at least 1 image, got {self.limit}")

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Return the layers that have children to weigh."""
        texts = {
            "layer/capsules": "primary capsules",
            "layer/stage-1": "channels after the first stage",
            "layer/stage-2": "channels after the second stage",
        }
        texts |= {
            name.replace("layer/", "driven/"): f"{text}, a zigzag drawn through the image"
            for name, text in texts.items()
        }
        return tuple(
            Condition(
                name=name,
                unit="1" if name.startswith("driven/") else "iterations",
                description=text,
                has_clean=False,
            )
            for name, text in texts.items()
        )

    def lacks(self, network: Network) -> str:
        """Return what a network that weighs no children lacks."""
        return "" if can_be_taken_apart(network) else "gates or votes that are routed"

    def measure(
        self, network: Network, images: ImageSet, rng: np.random.Generator, part: str
    ) -> Measurement:
        """Return rank correlations over children, and how much of the weights varies, an image."""
        images = images.limit(self.limit)
        score(network, images.images)
        if part == "driven":
            return _through_clutter(network, images, rng)
        found = _collected(network, images, lambda few: self._weights(network, images.images[few]))
        numbers = {layer: _numbers(weights, rng) for layer, weights in found.items()}
        return _observed(images, part, float(self.iterations), numbers)

    def _weights(self, network: Network, images: Float[Tensor, IMAGES]) -> Weights:
        """Return what children are weighed by, and their ablation drops."""
        return {layer.name: self._of_layer(layer) for layer in taken_apart(network, images)}

    def _of_layer(self, layer: Layer) -> dict[str, Float[Tensor, WEIGHTS]]:
        trace = route_single(layer.children, iterations=self.iterations + 1)
        with torch.no_grad():
            return {
                **layer.weights,
                "article": trace.coefficients[-1].squeeze(2),
                "length": length(layer.children),
                "drop": layer.drops(),
            }


def _collected(
    network: Network, images: ImageSet, weights: Callable[[slice], Weights]
) -> dict[str, dict[str, Float[np.ndarray, WEIGHTS]]]:
    """Return the weights of all images, as arrays."""
    batches = [found for _, found in in_batches(network, len(images), weights)]
    return {
        layer: {
            name: torch.cat([each[layer][name] for each in batches]).double().numpy()
            for name in held
        }
        for layer, held in batches[0].items()
    }


def _observed(
    images: ImageSet, part: str, severity: float, numbers: Mapping[str, Numbers]
) -> Measurement:
    """Return what is known of each layer's numbers, and how many are not."""
    tables, left_out = [], 0
    for layer, found in numbers.items():
        for metric, values in found:
            known = np.isfinite(values)
            left_out += int((~known).sum())
            tables.append(
                observe(
                    condition=f"{part}/{layer}",
                    severity=severity,
                    unit="image",
                    unit_ids=images.ids.numpy()[known],
                    metric=_NAMED[metric],
                    values=values[known],
                )
            )
    reason = _UNMOVED if part == "driven" else _ALIKE
    return Measurement(
        observations=together(tables), left_out={reason: left_out} if left_out else {}
    )


def _through_clutter(network: Network, images: ImageSet, rng: np.random.Generator) -> Measurement:
    """Return whether weights go to what the digit drives, in images with a zigzag."""
    severity, seed = corruptions[_CLUTTER].published, int(rng.integers(2**31))
    both, clutter = (
        corrupt(each, kind=_CLUTTER, severity=severity, seed=seed).images
        for each in (images, replace(images, images=torch.zeros_like(images.images)))
    )

    def driven(few: slice) -> Weights:
        shown = images.images[few], clutter[few], both[few]
        return {
            each.name: {each.own: each.weights, "belonging": each.belonging}
            for each in driven_apart(network, *shown, classes=images.labels[few])
        }

    found = _collected(network, images, driven)
    numbers = {layer: _belonging(weights, rng) for layer, weights in found.items()}
    return _observed(images, "driven", float(severity), numbers)


def _belonging(weights: dict[str, np.ndarray], rng: np.random.Generator) -> Numbers:
    """Yield how the weights, and what a constant could have been, rank what belongs."""
    belonging = weights["belonging"]
    (own,) = weights.keys() - {"belonging"}
    for name, held in ((own, weights[own]), ("constant", of_others(weights[own]))):
        yield f"belonging_{name}", spearman(held, belonging)
        yield f"belonging_{name}_shuffled", spearman(shuffled(held, rng), belonging)


def _numbers(weights: dict[str, np.ndarray], rng: np.random.Generator) -> Numbers:
    """Yield every metric for which there are weights."""
    if "routing" in weights:
        weights = {**weights, "constant": of_others(weights["routing"])}
    for a, b in (*_PAIRS, *(("drop", name) for name in _WEIGHTS)):
        if a in weights and b in weights:
            yield f"{a}_{b}", spearman(weights[a], weights[b])
            yield f"{a}_{b}_shuffled", spearman(shuffled(weights[a], rng), weights[b])
    for name in _VARYING:
        if name in weights:
            yield f"{name}_variation", variation(weights[name])
    if "total" in weights:
        yield "sum_spread", weights["total"].std(axis=1)
