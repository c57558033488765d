"""PGD beside what should be weaker, and beside twice of itself, all on the same images."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from jaxtyping import Bool, Int64
from torch import Tensor

from capsprobe.attacks.base import Attack, attacks
from capsprobe.attacks.budgets import MAPS
from capsprobe.attacks.chance import stands_noise
from capsprobe.attacks.curve import Curve, attack_curve
from capsprobe.attacks.fgm_l2 import FgmL2
from capsprobe.attacks.norms import Norm
from capsprobe.attacks.output_maps import distinct
from capsprobe.attacks.square_l2 import SquareL2
from capsprobe.models.base import Network

NAMES = {"linf": "pgd", "l2": "pgd-l2"}


@dataclass(frozen=True, kw_only=True)
class Effort:
    """What PGD, Square and noise may spend."""

    steps: int
    restarts: int
    queries: int
    draws: int

    def descent(self, norm: Norm, *, times: int = 1) -> Attack:
        """Return PGD with so many times the steps and restarts."""
        kind = attacks[NAMES[norm]]
        return kind.within("quick", steps=times * self.steps, restarts=times * self.restarts)

    def weaker(self, norm: Norm) -> dict[str, Attack]:
        """Return what should do no more than PGD: a single step, and a search without gradients."""
        if norm == "l2":
            return {"step": FgmL2(), "square": SquareL2(queries=self.queries)}
        return {
            "step": attacks["fgsm"](),
            "square": attacks["square"].within("quick", queries=self.queries),
        }


@dataclass(frozen=True, kw_only=True)
class Trial:
    """Which images an attack left standing within an epsilon: right when clean and after it."""

    name: str
    epsilon: float
    standing: Bool[Tensor, " images"]


def follow_all(
    network: Network,
    clean: Curve,
    labels: Int64[Tensor, " images"],
    *,
    norm: Norm,
    epsilons: Sequence[float],
    effort: Effort,
    seed: int,
) -> Iterator[Trial]:
    """Yield PGD within each epsilon, and within the first what should be weaker, and its double.

    Each runs from the clean images alone; the double only on what PGD left, and counts both. All
    run through the output maps of the smallest budget; per image the worst counts.
    """
    maps = distinct(MAPS["quick"], network.scores)

    def after(attack: Attack, epsilon: float, before: Curve | None = None) -> Curve:
        return attack_curve(
            attack,
            network,
            clean,
            labels,
            epsilons=(epsilon,),
            seed=seed,
            output_maps=maps,
            before=before,
        )

    first, *others = epsilons
    plain = after(effort.descent(norm), first)
    yield _trial("pgd", first, plain)
    yield _trial("double", first, after(effort.descent(norm, times=2), first, before=plain))
    for name, attack in effort.weaker(norm).items():
        if not attack.lacks(network):
            yield _trial(name, first, after(attack, first))
    for epsilon in others:
        yield _trial("pgd", epsilon, after(effort.descent(norm), epsilon))


def shake_all(
    network: Network,
    clean: Curve,
    labels: Int64[Tensor, " images"],
    *,
    norm: Norm,
    epsilons: Sequence[float],
    effort: Effort,
    seed: int,
) -> Iterator[Trial]:
    """Yield what stands under noise from the edge of each epsilon's ball."""
    for epsilon in epsilons:
        stands = stands_noise(
            network,
            clean.images,
            labels,
            norm=norm,
            epsilon=epsilon,
            draws=effort.draws,
            seed=seed,
        )
        yield Trial(name="noise", epsilon=epsilon, standing=stands & clean.robust(0.0))


def _trial(name: str, epsilon: float, curve: Curve) -> Trial:
    return Trial(name=name, epsilon=epsilon, standing=curve.robust(epsilon))
