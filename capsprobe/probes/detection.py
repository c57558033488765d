"""Reconstruction as a detector of adversarial images, and an attack that knows it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float64, Int64
from torch import Tensor

from capsprobe.attacks.base import attacks
from capsprobe.attacks.descent import check_descent
from capsprobe.attacks.detector import above, distances_of, looks
from capsprobe.attacks.norms import check_epsilon
from capsprobe.attacks.undetected import Undetected, lacks_decoder
from capsprobe.data.images import ImageSet
from capsprobe.faults import UsageFault
from capsprobe.models.base import Network
from capsprobe.models.inference import predict
from capsprobe.probes.base import Probe, probes, together
from capsprobe.tables import Condition, Measurement, Metric, observe

DETECTED = Metric(
    name="detected",
    lower=0.0,
    upper=1.0,
    description="1 where the image is farther from its reconstruction than the threshold",
)
DISTANCE = Metric(
    name="reconstruction_distance",
    lower=0.0,
    upper=256.0,
    description="Euclidean distance of an image from what its winning class draws",
)
SUCCESS = Metric(
    name="undetected_success",
    lower=0.0,
    upper=1.0,
    description="1 where an image that is right when clean is made wrong and not detected",
)
_ATTACKS = {
    "pgd": "PGD, which knows nothing of the detector.",
    "aware": "An attack that knows the detector.",
}
_UNBROKEN = "not made wrong by linf/pgd, over all epsilons"
_BEYOND = "beyond the limit of attacked images"


@probes.register("detection")
@dataclass(frozen=True, kw_only=True)
class Detection(Probe):
    """Call an image suspect where it is far from its reconstruction, and attack with that known.

    Frosst, Sabour and Hinton (2018): the winning class's block of the embedding draws an image; its
    Euclidean distance from the input is compared with a threshold, above which lies the part
    `false_positives` of clean validation images, right or wrong. `pgd` knows nothing of it:
    `detected` and `reconstruction_distance` are there for the images that it made wrong, and at
    severity 0 for all clean ones. `pgd` stops as soon as the network errs, so its images are nearer
    to the clean ones than those of an attack that takes all its steps. `aware` knows network,
    decoder and threshold, and seeks what is wrong and not suspect. `undetected_success` is of the
    images that are right when clean; what was found within a smaller epsilon counts for a larger,
    and what `pgd` found by chance counts for `aware`. At most `limit` images are attacked, and so
    many validation images set the threshold as `validation` says: fixed random choices.
    """

    name: ClassVar = "detection"
    question: ClassVar = "Does its own reconstruction give an adversarial image away?"
    metrics: ClassVar = (DETECTED, DISTANCE, SUCCESS)
    calibrates: ClassVar = True

    linf: tuple[float, ...] = (0.1, 0.2, 0.3)
    steps: int = 20
    restarts: int = 1
    limit: int = 25
    validation: int = 1000
    false_positives: float = 0.05

    def __post_init__(self) -> None:
        """Raise UsageFault where a setting cannot be meant."""
        outside = [epsilon for epsilon in self.linf if not 0.0 < epsilon <= 1.0]
        if outside or list(self.linf) != sorted(set(self.linf)):
            raise UsageFault(f"expected rising epsilons in (0, 1], each once, got {self.linf}")
        for name in ("limit", "validation"):
            if getattr(self, name) < 1:
                raise UsageFault(f"expected {name} >= 1, got {getattr(self, name)}")
        if not 0.0 < self.false_positives < 1.0:
            raise UsageFault(f"expected false_positives in (0, 1), got {self.false_positives:g}")
        check_descent(steps=self.steps, restarts=self.restarts)

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Return the attack that knows nothing of the detector, and the one that does."""
        return tuple(
            Condition(name=f"linf/{name}", unit="1", description=text)
            for name, text in _ATTACKS.items()
        )

    def lacks(self, network: Network) -> str:
        """Return what a network without a decoder lacks."""
        return lacks_decoder(network)

    def measure(
        self, network: Network, images: ImageSet, rng: np.random.Generator, part: str
    ) -> Measurement:
        """Return who is detected, and who gets through, by epsilon."""
        if images.validation is None:
            raise UsageFault("expected images with validation images beside them, got none")
        chosen, seed = images.limit(self.limit), int(rng.integers(2**31))
        for epsilon in self.linf:
            check_epsilon(epsilon, norm="linf", pixels=chosen.images[0].numel())
        calm = images.validation.limit(self.validation)
        threshold = above(distances_of(network, calm.images), self.false_positives)
        right = predict(network, chosen)[:, 0] == chosen.labels
        ids = chosen.ids[right].numpy()
        tables = list(
            _suspects(0.0, chosen.ids.numpy(), distances_of(network, chosen.images), threshold)
        )
        tables += _through(0.0, ids, dict.fromkeys(_ATTACKS, torch.zeros(len(ids))))
        unbroken = 0
        for look in looks(
            network,
            chosen.images[right],
            chosen.labels[right],
            blind=attacks["pgd"].within("quick", steps=self.steps, restarts=self.restarts),
            aware=Undetected(threshold=threshold, steps=self.steps, restarts=self.restarts),
            epsilons=self.linf,
            seed=seed,
        ):
            tables += _suspects(
                look.epsilon, ids[look.wrong.numpy()], look.distances[look.wrong], threshold
            )
            tables += _through(look.epsilon, ids, look.through)
            unbroken += int((~look.wrong).sum())
        left_out = {_BEYOND: len(images) - len(chosen), _UNBROKEN: unbroken}
        return Measurement(
            observations=together(tables),
            left_out={reason: count for reason, count in left_out.items() if count},
        )


def _suspects(
    epsilon: float,
    ids: Int64[np.ndarray, " images"],
    distances: Float64[Tensor, " images"],
    threshold: float,
) -> Iterator[pd.DataFrame]:
    for metric, values in ((DETECTED, (distances > threshold).double()), (DISTANCE, distances)):
        yield _observed("pgd", epsilon, ids, metric, values)


def _through(
    epsilon: float, ids: Int64[np.ndarray, " images"], through: Mapping[str, Tensor]
) -> Iterator[pd.DataFrame]:
    for name, values in through.items():
        yield _observed(name, epsilon, ids, SUCCESS, values.double())


def _observed(
    attack: str,
    epsilon: float,
    ids: Int64[np.ndarray, " images"],
    metric: Metric,
    values: Float64[Tensor, " images"],
) -> pd.DataFrame:
    return observe(
        condition=f"linf/{attack}",
        severity=epsilon,
        unit="image",
        unit_ids=ids,
        metric=metric,
        values=values.numpy(),
    )
