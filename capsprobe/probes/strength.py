"""Whether attacks are strong enough for what they leave standing to mean anything."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from torch import Tensor

from capsprobe.attacks.curve import unattacked
from capsprobe.attacks.norms import Norm, check_epsilon, largest
from capsprobe.attacks.offered import Offer, offered
from capsprobe.attacks.planted import Sought, seek_planted
from capsprobe.attacks.trials import Effort, follow_all, shake_all
from capsprobe.data.images import ImageSet
from capsprobe.faults import UsageFault
from capsprobe.models.base import Network
from capsprobe.probes.base import Probe, probes, together
from capsprobe.tables import CORRECT, Condition, Measurement, Metric, observe

_MOST = 1e30
_NORMS: tuple[Norm, ...] = ("linf", "l2")
GRADIENT = Metric(
    name="gradient_norm",
    lower=0.0,
    upper=_MOST,
    description="Euclidean norm of the gradient of the cross-entropy of the scores by the image",
)
AT_BOUND = Metric(
    name="at_bound",
    lower=0.0,
    upper=1.0,
    description="1 where logits all lie in [-1, 1], or the longest length within 1e-6 of 1",
)
DIFFERENCE = Metric(
    name="pass_difference",
    lower=0.0,
    upper=_MOST,
    description="largest difference of a score between two passes of the same image",
)
FOUND = Metric(
    name="planted_found",
    lower=0.0,
    upper=1.0,
    description="1 where the attack finds the far side of a planted head",
)
BY_CHANCE = Metric(
    name="planted_by_chance",
    lower=0.0,
    upper=1.0,
    description="1 where one of eight random perturbations lies on the far side of a planted head",
)
_BEYOND = "beyond the limit of attacked images"
_FLAT = "not attacked: the scores have no gradient by the image"
_UNPLANTED = "no head could be planted"
_ATTACKS = {
    "pgd": "PGD as in the adversarial probe, each epsilon alone.",
    "step": "One step along the gradient.",
    "square": "Square, alone.",
    "double": "PGD with twice the steps and restarts on what PGD left standing, both counted.",
    "noise": "The worst of a few random perturbations as large as the attack's.",
}


@probes.register("strength")
@dataclass(frozen=True, kw_only=True)
class Strength(Probe):
    """Ask what PGD is worth against this network: what beats it, and what of the planted it finds.

    The signs of Carlini et al. (2019) and Athalye et al. (2018), and the active test of Zimmermann
    et al. (2022). PGD is that of the budget `quick` of the adversarial probe, unless its steps
    and restarts say otherwise, through the same output maps. It runs at epsilon, at twice that,
    and at the epsilon that reaches any image, each time from the clean image: nothing found at one
    counts at another. What stands beside it runs at epsilon. Noise runs where PGD does. `correct`
    is robust, as there; `planted_found` and `planted_by_chance` are of images for which a head
    could be planted.
    At most `limit` images, a fixed random choice.
    """

    name: ClassVar = "strength"
    question: ClassVar = "Are the attacks strong enough to be believed?"
    metrics: ClassVar = (CORRECT, GRADIENT, AT_BOUND, DIFFERENCE, FOUND, BY_CHANCE)

    linf: float = 0.05
    l2: float = 1.0
    steps: int = 20
    restarts: int = 1
    queries: int = 40
    draws: int = 4
    limit: int = 20

    def __post_init__(self) -> None:
        """Raise UsageFault where a setting cannot be meant."""
        for norm, most in zip(_NORMS, (0.5, 128.0), strict=True):
            if not 0.0 < getattr(self, norm) <= most:
                raise UsageFault(f"expected {norm} in (0, {most:g}], got {getattr(self, norm):g}")
        for name in ("limit", "draws"):
            if getattr(self, name) < 1:
                raise UsageFault(f"expected {name} >= 1, got {getattr(self, name)}")
        for norm in _NORMS:
            self._effort.descent(norm)
            self._effort.weaker(norm)

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Return, for each norm, PGD, what stands beside it, and what the network offers."""
        return tuple(
            condition
            for norm in _NORMS
            for condition in (
                *(
                    Condition(name=f"{norm}/{name}", unit="1", description=text)
                    for name, text in _ATTACKS.items()
                ),
                Condition(
                    name=f"{norm}/offered",
                    unit="1",
                    description="The scores and their gradient, as an attack gets them.",
                ),
                Condition(
                    name=f"{norm}/planted",
                    unit="1",
                    has_clean=False,
                    description="PGD against heads with an adversarial example known to be there.",
                ),
            )
        )

    def measure(
        self, network: Network, images: ImageSet, rng: np.random.Generator, part: str
    ) -> Measurement:
        """Return what PGD, and what stands beside it, leaves of each image."""
        norm: Norm = "linf" if part == "linf" else "l2"
        chosen, seed = images.limit(self.limit), int(rng.integers(2**31))
        offer = offered(network, chosen.images, chosen.labels, seed=seed)
        left_out = {_BEYOND: len(images) - len(chosen)}
        tables = list(_offered(norm, chosen, offer))
        tables += self._trials(network, chosen, norm, seed, differentiable=offer.differentiable)
        if offer.differentiable:
            sought = seek_planted(
                network,
                chosen.images,
                norm=norm,
                epsilon=getattr(self, norm),
                steps=self.steps,
                restarts=self.restarts,
                seed=seed,
            )
            tables += _sought(norm, getattr(self, norm), chosen, sought)
            left_out[_UNPLANTED] = int((~sought.planted).sum())
        else:
            left_out[_FLAT] = len(chosen)
        return Measurement(
            observations=together(tables),
            left_out={reason: count for reason, count in left_out.items() if count},
        )

    def _trials(
        self, network: Network, images: ImageSet, norm: Norm, seed: int, *, differentiable: bool
    ) -> Iterator[pd.DataFrame]:
        """Yield who stands after each search, those by gradients only where there are any."""
        clean = unattacked(network, images.images, images.labels)
        told = set()
        for search in (shake_all, follow_all) if differentiable else (shake_all,):
            for trial in search(
                network,
                clean,
                images.labels,
                norm=norm,
                epsilons=self._epsilons(norm, images.images[0].numel()),
                effort=self._effort,
                seed=seed,
            ):
                if trial.name not in told:
                    yield _observed(f"{norm}/{trial.name}", 0.0, images, CORRECT, clean.robust(0.0))
                told.add(trial.name)
                yield _observed(
                    f"{norm}/{trial.name}", trial.epsilon, images, CORRECT, trial.standing
                )

    def _epsilons(self, norm: Norm, pixels: int) -> tuple[float, ...]:
        """Return epsilon, twice that, and the one that reaches any image."""
        first = getattr(self, norm)
        check_epsilon(2.0 * first, norm=norm, pixels=pixels)
        return tuple(dict.fromkeys((first, 2.0 * first, largest(norm, pixels=pixels))))

    @property
    def _effort(self) -> Effort:
        return Effort(
            steps=self.steps, restarts=self.restarts, queries=self.queries, draws=self.draws
        )


def _offered(norm: Norm, images: ImageSet, offer: Offer) -> Iterator[pd.DataFrame]:
    """Yield the gradients, the scores' ends, and how far two passes differ."""
    for metric, values in (
        (GRADIENT, offer.gradient),
        (AT_BOUND, offer.at_bound),
        (DIFFERENCE, offer.difference),
    ):
        yield _observed(f"{norm}/offered", 0.0, images, metric, values)


def _sought(norm: Norm, epsilon: float, images: ImageSet, sought: Sought) -> Iterator[pd.DataFrame]:
    """Yield what was found where something was planted."""
    rows = sought.planted.nonzero().squeeze(1)
    if len(rows) > 0:
        few = images.take(rows)
        for metric, values in ((FOUND, sought.found), (BY_CHANCE, sought.by_chance)):
            yield _observed(f"{norm}/planted", epsilon, few, metric, values[rows])


def _observed(
    condition: str, severity: float, images: ImageSet, metric: Metric, values: Tensor
) -> pd.DataFrame:
    return observe(
        condition=condition,
        severity=severity,
        unit="image",
        unit_ids=images.ids.numpy(),
        metric=metric,
        values=values.double().numpy(),
    )
