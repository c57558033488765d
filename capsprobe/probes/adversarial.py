"""Accuracy against the size of an adversarial perturbation, in the maximum and Euclidean norms."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import torch

from capsprobe.attacks.adapter import PRECISIONS
from capsprobe.attacks.base import Attack
from capsprobe.attacks.budgets import BUDGETS, MAPS, Budget, Passes
from capsprobe.attacks.campaign import WORST, attack_all, follow_gradients, passes_of
from capsprobe.attacks.choosing import applicable, described, forgone, seekers, within
from capsprobe.attacks.curve import Curve, unattacked
from capsprobe.attacks.norms import MOST, Norm, check_epsilon, check_epsilons
from capsprobe.attacks.output_maps import check_maps
from capsprobe.data.gallery import Gallery
from capsprobe.data.images import ImageSet
from capsprobe.faults import UsageFault
from capsprobe.models.base import Network
from capsprobe.probes.base import Cost, Probe, probes, together
from capsprobe.registry import unknown
from capsprobe.tables import CORRECT, Condition, Measurement, Metric, observe

NORM = Metric(
    name="perturbation_norm",
    lower=0.0,
    upper=MOST["l2"],
    description="size of the perturbation at the smallest epsilon that broke the image",
)
DISTANCE = Metric(
    name="distance",
    lower=0.0,
    upper=MOST["l2"],
    description="size of the smallest perturbation found that makes the image wrong",
    censored=True,
)
# The worst over attacks that follow gradients, to hold those beside that do not.
GRADIENTS = "gradients"
_BEYOND = "beyond the limit of attacked images"
_NORMS: tuple[Norm, ...] = ("linf", "l2")


@probes.register("adversarial")
@dataclass(frozen=True, kw_only=True)
class Adversarial(Probe):
    """Attack every image within growing budgets, knowing the network and its gradients.

    `correct` is robust: right when clean and not broken by any budget up to the severity. Each
    attack runs through output maps in turn, the later ones on what the earlier ones left standing.
    Some attacks work on what those before them left standing: their rows say what stands after
    both. `worst` is per image the worst over all, `gradients` over those that follow gradients.
    `distance`, at severity 0, is the size of the smallest perturbation found that makes an image
    wrong which is right when clean; an image that nothing broke has none, and is counted. A norm
    without epsilons is left out. At most `limit` images are attacked, a fixed random choice. With
    `dtype` bf16 attacks search in half precision; what counts is always checked in single.

    The `budget` says which attacks run, through which maps, with how many steps, restarts and
    queries. `steps`, `restarts`, `queries` and `maps` that are named come before the budget's, for
    every attack that has them.
    """

    name: ClassVar = "adversarial"
    question: ClassVar = "How small a perturbation, made on purpose, turns it wrong?"
    metrics: ClassVar = (CORRECT, NORM, DISTANCE)

    linf: tuple[float, ...] = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5)
    l2: tuple[float, ...] = (0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0)
    budget: str = "quick"
    steps: int | None = None
    restarts: int | None = None
    queries: int | None = None
    maps: tuple[str, ...] | None = None
    limit: int = 100
    dtype: str = "fp32"

    def __post_init__(self) -> None:
        """Raise UsageFault where a setting cannot be meant."""
        check_epsilons("linf", self.linf)
        check_epsilons("l2", self.l2)
        if self.limit < 1:
            raise UsageFault(f"expected a limit of at least 1 image, got {self.limit}")
        if self.budget not in BUDGETS:
            raise UsageFault(unknown("budget", self.budget, BUDGETS))
        check_maps(self._maps)
        if self.dtype not in PRECISIONS:
            raise UsageFault(unknown("dtype", self.dtype, PRECISIONS))
        if not self._norms:
            raise UsageFault("expected an epsilon in linf or l2, got none")
        for norm in _NORMS:
            self._attacks(norm)

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Return, for each norm, each attack and the worst case."""
        return tuple(
            Condition(name=f"{norm}/{name}", unit="1", description=text, seeks=name in sought)
            for norm in self._norms
            for sought in (seekers(self._attacks(norm)),)
            for name, text in self._described(norm)
        )

    @property
    def forgone(self) -> tuple[str, ...]:
        """Return what the budget leaves out, norm by norm."""
        return tuple(
            f"{norm} {text}"
            for norm in self._norms
            for text in forgone(norm, self._budget, self._settings, self._maps)
        )

    def costs(self, network: Network, images: int) -> tuple[Cost, ...]:
        """Return for every budget the passes of an image, in both norms.

        At least where it survives the first epsilon alone, at most where it survives all.
        """
        return tuple(
            Cost(
                budget=budget,
                chosen=budget == self.budget,
                least=replace(self, budget=budget)._passes(network, 1),
                most=replace(self, budget=budget)._passes(network, None),
                images=min(images, self.limit),
            )
            for budget in BUDGETS
        )

    def measure(
        self, network: Network, images: ImageSet, rng: np.random.Generator, part: str
    ) -> Measurement:
        """Return whether each image still stands at each epsilon, attack by attack."""
        norm: Norm = "linf" if part == "linf" else "l2"
        chosen = images.limit(self.limit)
        attacks, lacking = applicable(self._attacks(norm), network)
        epsilons = [epsilon for epsilon in getattr(self, norm) if epsilon > 0.0]
        for epsilon in epsilons:
            check_epsilon(epsilon, norm=norm, pixels=chosen.images[0].numel())
        clean = unattacked(network, chosen.images, chosen.labels)
        found = attack_all(
            attacks,
            network,
            clean,
            chosen.labels,
            epsilons=epsilons,
            seed=int(rng.integers(2**31)),
            output_maps=self._maps,
        )
        curves = dict(found.curves)
        if self._tells_gradients:
            curves[GRADIENTS] = follow_gradients(attacks, found)
        tables = [
            table
            for name, curve in curves.items()
            for table in _observed(
                f"{norm}/{name}",
                chosen,
                curve,
                [0.0, *epsilons],
                idle=found.idle.get(name, torch.zeros(len(chosen), dtype=torch.bool)),
            )
        ]
        tables += _norms(f"{norm}/{WORST}", chosen, curves[WORST], norm)
        tables += _distances(norm, chosen, found.distances)
        beyond = {_BEYOND: len(images) - len(chosen)}
        unasked = {f"not attacked by {norm}/{name}: {text}": len(chosen) for name, text in lacking}
        left_out = {**beyond, **found.left_out(norm), **unasked}
        return Measurement(
            observations=together(tables),
            samples=_samples(f"{norm}/{WORST}", chosen, clean, curves[WORST], epsilons),
            left_out={reason: count for reason, count in left_out.items() if count},
        )

    def _passes(self, network: Network, most: int | None) -> tuple[int, int]:
        """Return forward and backward passes of an image that so many epsilons do not break."""
        total = Passes()
        for norm in self._norms:
            attacks, _ = applicable(self._attacks(norm), network)
            total += passes_of(
                attacks,
                network,
                epsilons=len([each for each in getattr(self, norm) if each > 0.0][:most]),
                output_maps=self._maps,
            )
        return total.forward, total.backward

    @property
    def _budget(self) -> Budget:
        return BUDGETS[BUDGETS.index(self.budget)]

    @property
    def _maps(self) -> tuple[str, ...]:
        return MAPS[self._budget] if self.maps is None else self.maps

    @property
    def _settings(self) -> dict[str, Any]:
        """Return the settings for attacks that were not left to the budget."""
        named = {name: getattr(self, name) for name in ("steps", "restarts", "queries", "dtype")}
        return {name: value for name, value in named.items() if value is not None}

    @property
    def _norms(self) -> tuple[Norm, ...]:
        return tuple(norm for norm in _NORMS if getattr(self, norm))

    @property
    def _tells_gradients(self) -> bool:
        # Among the few attacks of the smallest budget it is PGD.
        return self._budget != BUDGETS[0]

    def _attacks(self, norm: Norm) -> dict[str, Attack]:
        return within(norm, self._budget, self._settings)

    def _described(self, norm: Norm) -> Iterator[tuple[str, str]]:
        """Yield the conditions' names below a norm, and what they say."""
        for name, attack in self._attacks(norm).items():
            yield name, described(attack)
        if self._tells_gradients:
            yield GRADIENTS, "Per image the worst over the attacks that follow gradients."
        yield WORST, "Per image the worst over attacks and output maps."


def _observed(
    condition: str,
    images: ImageSet,
    curve: Curve,
    severities: list[float],
    *,
    idle: torch.Tensor,
) -> Iterator[pd.DataFrame]:
    """Yield which images still stand; those that the attack was idle on are left out."""
    for severity in severities:
        yield observe(
            condition=condition,
            severity=severity,
            unit="image",
            unit_ids=images.ids[~idle].numpy(),
            metric=CORRECT,
            values=curve.robust(severity)[~idle].double().numpy(),
        )


def _norms(condition: str, images: ImageSet, curve: Curve, norm: Norm) -> Iterator[pd.DataFrame]:
    """Yield the sizes of what broke images that were right when clean, by the epsilon that did."""
    found = curve.norms(images.images, norm)
    for epsilon in curve.smallest[curve.smallest.isfinite() & (curve.smallest > 0.0)].unique():
        rows = (curve.smallest == epsilon).nonzero().squeeze(1)
        yield observe(
            condition=condition,
            severity=epsilon.item(),
            unit="image",
            unit_ids=images.ids[rows].numpy(),
            metric=NORM,
            values=found[rows].numpy(),
        )


def _distances(
    norm: Norm, images: ImageSet, distances: Mapping[str, torch.Tensor]
) -> Iterator[pd.DataFrame]:
    """Yield the distances of images that are right when clean and that something broke."""
    for name, found in distances.items():
        rows = (found.isfinite() & (found > 0.0)).nonzero().squeeze(1)
        yield observe(
            condition=f"{norm}/{name}",
            severity=0.0,
            unit="image",
            unit_ids=images.ids[rows].numpy(),
            metric=DISTANCE,
            values=found[rows].numpy(),
        )


def _samples(
    condition: str, images: ImageSet, clean: Curve, found: Curve, epsilons: list[float]
) -> pd.DataFrame:
    """Return a few images that broke first, clean and perturbed."""
    gallery = Gallery(condition)
    gallery.look(0.0, images, clean.predictions[:, None])
    for epsilon in epsilons:
        broken = ~found.robust(epsilon)
        shown = torch.where(broken[:, None, None, None], found.images, images.images)
        answers = torch.where(broken, found.predictions, clean.predictions)
        gallery.look(epsilon, replace(images, images=shown), answers[:, None])
    return gallery.table()
