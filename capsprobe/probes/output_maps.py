"""The same descent through other scores of the same network: which of them hide its weakness."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float
from torch import Tensor

from capsprobe.attacks.base import Attack, attacks
from capsprobe.attacks.norms import check_epsilon
from capsprobe.attacks.output_maps import distinct
from capsprobe.attacks.routing import shift
from capsprobe.data.images import ImageSet
from capsprobe.faults import UsageFault
from capsprobe.models.base import Network, Traceable
from capsprobe.models.inference import predict, score, top
from capsprobe.probes.base import Probe, probes, together
from capsprobe.shapes import IMAGES
from capsprobe.tables import CORRECT, Condition, Measurement, Metric, observe

LOWERED = Metric(
    name="lowered",
    lower=-1.0,
    upper=1.0,
    description="1 where this breaks the image and plain PGD does not, -1 the other way round",
)
MOVED = Metric(
    name="coefficients_moved",
    lower=0.0,
    upper=1.0,
    unit="bits",
    description=(
        "divergence of the routing coefficients from those of the clean image, mean over children"
    ),
)
_BEYOND = "beyond the limit of attacked images"
# What the others are held beside: the cross-entropy of the scores as they come.
PLAIN = "scores"
_THROUGH_MAPS = {
    PLAIN: "PGD on the scores as they come: lengths, for a network of capsules.",
    "logits": "PGD on the scores' log odds.",
    "margin": "PGD on each class's margin to its best rival.",
    "dlr": "PGD on the difference of logits ratio.",
}
_ON_ROUTING = {
    "vote": "PGD on the scores of a twin whose votes all count alike.",
    "detached": "PGD on the scores, routing coefficients taken for constants.",
    "routing": "Ascent of the change of the routing coefficients.",
}


@probes.register("output-maps")
@dataclass(frozen=True, kw_only=True)
class OutputMaps(Probe):
    """Attack each image by one descent through each output map, and around routing.

    The adversarial probe counts the worst over output maps, each tried on what others left. Here
    each works alone, from the same images, with the same number of steps, so that what one finds
    more than another is its own. Attacks on routing see the scores as they come. `correct` is
    robust, as there. `lowered` compares with `scores`, image by image: its mean is how far accuracy
    falls below that under plain PGD. `coefficients_moved` is of images that are right when clean,
    as the attack left them, which it does as soon as the network errs. At most `limit` images are
    attacked, a fixed random choice.
    """

    name: ClassVar = "output-maps"
    question: ClassVar = "Which scores must an attack follow, so that it is not misled?"
    metrics: ClassVar = (CORRECT, LOWERED, MOVED)

    linf: tuple[float, ...] = (0.05, 0.1, 0.2)
    steps: int = 20
    restarts: int = 1
    limit: int = 50

    def __post_init__(self) -> None:
        """Raise UsageFault where a setting cannot be meant."""
        outside = [epsilon for epsilon in self.linf if not 0.0 < epsilon <= 1.0]
        if outside or list(self.linf) != sorted(set(self.linf)):
            raise UsageFault(f"expected rising epsilons in (0, 1], each once, got {self.linf}")
        if self.limit < 1:
            raise UsageFault(f"expected a limit of at least 1 image, got {self.limit}")
        self._attack("pgd")

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Return each way that gradients are taken."""
        return tuple(
            Condition(name=f"linf/{name}", unit="1", description=text)
            for name, text in {**_THROUGH_MAPS, **_ON_ROUTING}.items()
        )

    def measure(
        self, network: Network, images: ImageSet, rng: np.random.Generator, part: str
    ) -> Measurement:
        """Return for each image and epsilon whether it stands, one descent at a time."""
        chosen = images.limit(self.limit)
        for epsilon in self.linf:
            check_epsilon(epsilon, norm="linf", pixels=chosen.images[0].numel())
        seed = int(rng.integers(2**31))
        right = predict(network, chosen)[:, 0] == chosen.labels
        tables: list[pd.DataFrame] = []
        left_out = {_BEYOND: len(images) - len(chosen)}
        plain: dict[float, Bool[Tensor, " images"]] = {}
        for name, (attack, output_map) in self._descents(network).items():
            if ability := attack.lacks(network):
                left_out[f"not attacked by linf/{name}: no {ability}"] = len(chosen)
                continue
            search = partial(attack, network, output_map=output_map, seed=seed)
            for step in _hunt(search, network, chosen, right, self.linf):
                before = plain.setdefault(step.epsilon, step.standing)
                tables += _observed(f"{part}/{name}", chosen, step, before)
                tables += _moved(f"{part}/{name}", network, chosen, right, step)
        return Measurement(
            observations=together(tables),
            left_out={reason: count for reason, count in left_out.items() if count},
        )

    def _descents(self, network: Network) -> dict[str, tuple[Attack, str]]:
        """Return by condition an attack and the output map that it follows, the plain one first."""
        maps = distinct(tuple(_THROUGH_MAPS), network.scores)
        return {
            **{name: (self._attack("pgd"), name) for name in maps},
            **{name: (self._attack(name), PLAIN) for name in _ON_ROUTING},
        }

    def _attack(self, name: str) -> Attack:
        return attacks[name].within("quick", steps=self.steps, restarts=self.restarts)


@dataclass(frozen=True, kw_only=True)
class _Step:
    """What stands within an epsilon and all before, and the images as the attack left them.

    `images` are those of images that are right when clean, in their order.
    """

    epsilon: float
    standing: Bool[Tensor, " images"]
    images: Float[Tensor, "right channels height width"]


def _hunt(
    attack: Callable[..., Float[Tensor, IMAGES]],
    network: Network,
    images: ImageSet,
    right: Bool[Tensor, " images"],
    epsilons: Sequence[float],
) -> Iterator[_Step]:
    """Yield the clean images, then what an attack makes of those that are right, by epsilon."""
    pixels, labels, standing = images.images[right], images.labels[right], right.clone()
    yield _Step(epsilon=0.0, standing=right, images=pixels)
    for epsilon in epsilons:
        found = attack(pixels, labels, epsilon=epsilon)
        if len(found) > 0:
            answers = top(score(network, found), count=1)[:, 0]
            standing[right] &= answers == labels
        yield _Step(epsilon=epsilon, standing=standing.clone(), images=found)


def _observed(
    condition: str, images: ImageSet, step: _Step, plain: Bool[Tensor, " images"]
) -> Iterator[pd.DataFrame]:
    stands = step.standing.double()
    for metric, values in ((CORRECT, stands), (LOWERED, plain.double() - stands)):
        yield observe(
            condition=condition,
            severity=step.epsilon,
            unit="image",
            unit_ids=images.ids.numpy(),
            metric=metric,
            values=values.numpy(),
        )


def _moved(
    condition: str,
    network: Network,
    images: ImageSet,
    right: Bool[Tensor, " images"],
    step: _Step,
) -> Iterator[pd.DataFrame]:
    """Yield how far coefficients moved, of a network that has some."""
    if isinstance(network, Traceable) and len(step.images) > 0:
        yield observe(
            condition=condition,
            severity=step.epsilon,
            unit="image",
            unit_ids=images.ids[right].numpy(),
            metric=MOVED,
            values=shift(network, step.images, images.images[right]).double().numpy(),
        )
