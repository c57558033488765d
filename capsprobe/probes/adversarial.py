"""Accuracy against the size of an adversarial perturbation, in the maximum and Euclidean norms."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import torch

from capsprobe.attacks.adapter import PRECISIONS
from capsprobe.attacks.base import Attack, attacks
from capsprobe.attacks.budgets import BUDGETS, MAPS, Budget, affords
from capsprobe.attacks.curve import Curve, attack_curve, unattacked, worst
from capsprobe.attacks.norms import Norm, check_epsilon
from capsprobe.attacks.output_maps import OUTPUT_MAPS, distinct
from capsprobe.data.gallery import Gallery
from capsprobe.data.images import ImageSet
from capsprobe.faults import UsageFault
from capsprobe.models.base import Network
from capsprobe.probes.base import Probe, probes, together
from capsprobe.registry import unknown
from capsprobe.tables import CORRECT, Condition, Measurement, Metric, observe

NORM = Metric(
    name="perturbation_norm",
    lower=0.0,
    upper=256.0,
    description="size of the perturbation at the smallest epsilon that broke the image",
)
_BEYOND = "beyond the limit of attacked images"
_NORMS: tuple[Norm, ...] = ("linf", "l2")


@probes.register("adversarial")
@dataclass(frozen=True, kw_only=True)
class Adversarial(Probe):
    """Attack every image within growing budgets, knowing the network and its gradients.

    `correct` is robust: right when clean and not broken by any budget up to the severity. Each
    attack runs through the output maps `maps` in turn, the later ones on what the earlier ones
    left standing. Attacks that see scores alone come last and work on what those that follow
    gradients left standing: their rows say what stands after both. `worst` is per image the
    worst over all. At most `limit` images are attacked, a fixed random choice. With `dtype` bf16
    attacks search in half precision; what counts is always checked in single.

    The `budget` says which attacks run, through which maps, with how many steps, restarts and
    queries. `steps`, `restarts`, `queries` and `maps` that are named come before the budget's, for
    every attack that has them.
    """

    name: ClassVar = "adversarial"
    question: ClassVar = "How small a perturbation, made on purpose, turns it wrong?"
    metrics: ClassVar = (CORRECT, NORM)

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
        _check("linf", self.linf, 1.0)
        _check("l2", self.l2, NORM.upper)
        if self.limit < 1:
            raise UsageFault(f"expected a limit of at least 1 image, got {self.limit}")
        if self.budget not in BUDGETS:
            raise UsageFault(unknown("budget", self.budget, BUDGETS))
        _check_maps(self._maps)
        if self.dtype not in PRECISIONS:
            raise UsageFault(unknown("dtype", self.dtype, PRECISIONS))
        for norm in _NORMS:
            self._attacks(norm)

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Return, for each norm, each attack and the worst case."""
        return tuple(
            Condition(name=f"{norm}/{name}", unit="1", description=text)
            for norm in _NORMS
            for name, text in _described(self._attacks(norm))
        )

    def measure(
        self, network: Network, images: ImageSet, rng: np.random.Generator, part: str
    ) -> Measurement:
        """Return whether each image still stands at each epsilon, attack by attack."""
        norm: Norm = "linf" if part == "linf" else "l2"
        chosen = images.limit(self.limit)
        epsilons = [epsilon for epsilon in getattr(self, norm) if epsilon > 0.0]
        for epsilon in epsilons:
            check_epsilon(epsilon, norm=norm, pixels=chosen.images[0].numel())
        clean = unattacked(network, chosen.images, chosen.labels)
        seed = int(rng.integers(2**31))
        curves = self._curves(network, chosen, clean, norm, epsilons, seed)
        curves["worst"] = worst(list(curves.values()))
        tables = [
            table
            for name, curve in curves.items()
            for table in _observed(f"{norm}/{name}", chosen, curve, [0.0, *epsilons])
        ]
        tables += _norms(f"{norm}/worst", chosen, curves["worst"], norm)
        beyond = len(images) - len(chosen)
        return Measurement(
            observations=together(tables),
            samples=_samples(f"{norm}/worst", chosen, clean, curves["worst"], epsilons),
            left_out={_BEYOND: beyond} if beyond else {},
        )

    def _curves(
        self,
        network: Network,
        images: ImageSet,
        clean: Curve,
        norm: Norm,
        epsilons: list[float],
        seed: int,
    ) -> dict[str, Curve]:
        """Return what each attack broke, those that follow gradients first: they are cheaper."""
        curves: dict[str, Curve] = {}
        chosen = sorted(self._attacks(norm).items(), key=lambda item: item[1].sees != "gradients")
        for name, attack in chosen:
            follows = attack.sees == "gradients" or not curves
            curves[name] = attack_curve(
                attack,
                network,
                clean,
                images.labels,
                epsilons=epsilons,
                seed=seed,
                output_maps=distinct(self._maps, network.scores),
                before=None if follows else worst(list(curves.values())),
            )
        return curves

    @property
    def _budget(self) -> Budget:
        return BUDGETS[BUDGETS.index(self.budget)]

    @property
    def _maps(self) -> tuple[str, ...]:
        return MAPS[self._budget] if self.maps is None else self.maps

    def _attacks(self, norm: Norm) -> dict[str, Attack]:
        """Return the attacks of a norm that the budget holds, with the settings named for them."""
        return {
            label: kind.within(self._budget, **self._settings(kind))
            for label, kind in _kinds(norm).items()
            if affords(self._budget, kind.budget)
        }

    def _settings(self, kind: type[Attack]) -> dict[str, Any]:
        """Return our settings that an attack has too, but those that are left to the budget."""
        ours = {field.name for field in fields(self)} & {field.name for field in fields(kind)}
        named = {name: getattr(self, name) for name in ours}
        return {name: value for name, value in named.items() if value is not None}


def _kinds(norm: Norm) -> dict[str, type[Attack]]:
    """Return the registered attacks of a norm by their names within it: `pgd-l2` is `l2/pgd`."""
    found = {name: attacks[name] for name in attacks}
    return {
        name.removesuffix(f"-{norm}"): kind for name, kind in found.items() if kind.norm == norm
    }


def _check(name: str, epsilons: tuple[float, ...], largest: float) -> None:
    outside = [epsilon for epsilon in epsilons if not 0.0 <= epsilon <= largest]
    if outside:
        raise UsageFault(f"expected {name} epsilons from 0 to {largest:g}, got {outside[0]:g}")
    if list(epsilons) != sorted(set(epsilons)):
        listed = ", ".join(f"{epsilon:g}" for epsilon in epsilons)
        raise UsageFault(f"expected {name} epsilons in rising order, each once, got {listed}")


def _check_maps(maps: Sequence[str]) -> None:
    for name in maps:
        if name not in OUTPUT_MAPS:
            raise UsageFault(unknown("output map", name, tuple(OUTPUT_MAPS)))
    if not maps or len(set(maps)) < len(maps):
        listed = ", ".join(maps) or "none"
        raise UsageFault(f"expected one output map or more, each once, got {listed}")


def _described(chosen: dict[str, Attack]) -> Iterator[tuple[str, str]]:
    """Yield the conditions' names below a norm, and what they say."""
    for name, attack in chosen.items():
        text = (type(attack).__doc__ or name).splitlines()[0]
        after = (
            "" if attack.sees == "gradients" else " On what gradients left standing, both counted."
        )
        yield name, f"{text}{after} The worst over output maps."
    yield "worst", "Per image the worst over attacks and output maps."


def _observed(
    condition: str, images: ImageSet, curve: Curve, severities: list[float]
) -> Iterator[pd.DataFrame]:
    for severity in severities:
        yield observe(
            condition=condition,
            severity=severity,
            unit="image",
            unit_ids=images.ids.numpy(),
            metric=CORRECT,
            values=curve.robust(severity).double().numpy(),
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
