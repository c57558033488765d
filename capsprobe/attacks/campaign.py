"""All attacks of one norm on the same images, and what they found together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float64, Int64
from torch import Tensor

from capsprobe.attacks.base import Attack
from capsprobe.attacks.budgets import Passes
from capsprobe.attacks.curve import Curve, attack_curve, worst
from capsprobe.attacks.distances import found_by, from_curve
from capsprobe.attacks.nearest import MinimumNorm
from capsprobe.attacks.norms import Norm
from capsprobe.attacks.output_maps import distinct
from capsprobe.models.base import Network

WORST = "worst"


@dataclass(frozen=True, kw_only=True)
class Findings:
    """A curve by attack, and the distances that those which seek the nearest found, by attack.

    Both hold also `worst`: per image the first curve to fall, and the least distance that any
    attack found, those within an epsilon too. Without an attack that seeks the nearest there are
    no distances: those of the others lie where their epsilons do. `idle` says for which images
    such an attack could not begin: about these it says nothing.
    """

    curves: Mapping[str, Curve]
    distances: Mapping[str, Float64[Tensor, " images"]]
    idle: Mapping[str, Bool[Tensor, " images"]]

    def left_out(self, norm: Norm) -> dict[str, int]:
        """Return how many images no distance was found of, and how many none was sought of."""
        idle = {name: int(rows.sum()) for name, rows in self.idle.items()}
        return {
            **{
                f"not attacked by {norm}/{name}: nothing at hand that errs, to begin from": count
                for name, count in idle.items()
            },
            **{
                f"never broken at any distance by {norm}/{name}": count - idle.get(name, 0)
                for name, found in self.distances.items()
                for count in (int(found.isinf().sum()),)
            },
        }


def attack_all(
    chosen: Mapping[str, Attack],
    network: Network,
    clean: Curve,
    labels: Int64[Tensor, " images"],
    *,
    epsilons: Sequence[float],
    seed: int,
    output_maps: Sequence[str],
) -> Findings:
    """Return what each attack broke; those that follow are tried on what the others left.

    An attack that is made for certain output maps runs on these.
    """
    curves: dict[str, Curve] = {}
    distances: dict[str, Tensor] = {}
    idle: dict[str, Tensor] = {}
    for name in sorted(chosen, key=lambda each: _turn(chosen[each])):
        attack = chosen[name]
        maps = distinct(attack.made_for or output_maps, network.scores)
        if isinstance(attack, MinimumNorm):
            found = found_by(attack, network, clean, labels, seed=seed, output_maps=maps)
            curves[name], distances[name] = found.curve(clean, epsilons), found.distances
            idle[name] = ~found.attacked
            continue
        before = worst(list(curves.values())) if attack.follows and curves else None
        curves[name] = attack_curve(
            attack,
            network,
            clean,
            labels,
            epsilons=epsilons,
            seed=seed,
            output_maps=maps,
            before=before,
        )
    if distances:
        bounded = [
            from_curve(curves[name], clean.images, attack.norm).distances
            for name, attack in chosen.items()
        ]
        distances[WORST] = torch.stack([*distances.values(), *bounded]).amin(dim=0)
    curves[WORST] = worst(list(curves.values()))
    return Findings(curves=curves, distances=distances, idle=idle)


def passes_of(
    chosen: Mapping[str, Attack], network: Network, *, epsilons: int, output_maps: Sequence[str]
) -> Passes:
    """Return what `attack_all` costs an image that nothing breaks within so many epsilons."""
    total = Passes(1)
    for attack in chosen.values():
        maps = distinct(attack.made_for or output_maps, network.scores)
        runs = len(maps) * (1 if isinstance(attack, MinimumNorm) else epsilons)
        total += attack.passes(network.frame.classes) * runs
    return total


def follow_gradients(chosen: Mapping[str, Attack], found: Findings) -> Curve:
    """Return the worst over the attacks that follow gradients."""
    return worst([found.curves[name] for name in chosen if chosen[name].sees == "gradients"])


def _turn(attack: Attack) -> tuple[bool, bool]:
    """Return the place in the order: gradients are cheaper, and who follows comes last."""
    return attack.follows, attack.sees != "gradients"
