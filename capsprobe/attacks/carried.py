"""Adversarial images made against one network, to be shown to others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from capsprobe.attacks.adapter import behind
from capsprobe.attacks.momentum import Momentum
from capsprobe.attacks.momentum_l2 import MomentumL2
from capsprobe.attacks.norms import Norm
from capsprobe.attacks.output_maps import distinct
from capsprobe.data.images import ImageSet
from capsprobe.models.base import Network
from capsprobe.models.inference import score, top
from capsprobe.shapes import IMAGES

# A network whose scores saturate hides its gradients behind one of them.
_MAPS = ("margin", "scores")


@dataclass(frozen=True, kw_only=True)
class Carried:
    """Images that the source has right when clean, and what was made of them, by epsilon.

    What does not deceive the source is there too.
    """

    ids: Int64[Tensor, " images"]
    labels: Int64[Tensor, " images"]
    clean: Float[Tensor, IMAGES]
    images: Mapping[float, Float[Tensor, IMAGES]]


def carry(
    source: Network,
    images: ImageSet,
    *,
    norm: Norm,
    epsilons: Sequence[float],
    steps: int,
    seed: int,
) -> Carried:
    """Return for each epsilon the images as they mislead the source most, in all steps.

    Each is made twice, through margins and through the scores as they come; the one counts by
    which the source errs more.
    """
    right = are_right(source, images.images, images.labels)
    clean, labels = images.images[right], images.labels[right]
    attack = Momentum(steps=steps) if norm == "linf" else MomentumL2(steps=steps)
    found: dict[float, Tensor] = {}
    for epsilon in epsilons:
        ways = [
            attack(
                source,
                clean,
                labels,
                epsilon=epsilon,
                seed=seed,
                output_map=output_map,
            )
            for output_map in distinct(_MAPS, source.scores)
        ]
        found[epsilon] = _worse(source, labels, ways)
    return Carried(ids=images.ids[right], labels=labels, clean=clean, images=found)


def are_right(
    network: Network, images: Float[Tensor, IMAGES], labels: Int64[Tensor, " images"]
) -> Bool[Tensor, " images"]:
    """Return which images a network names rightly; of none, none."""
    if len(images) == 0:
        return torch.ones(0, dtype=torch.bool)
    return top(score(network, images), count=1)[:, 0] == labels


def _worse(
    source: Network, labels: Int64[Tensor, " images"], ways: list[Tensor]
) -> Float[Tensor, IMAGES]:
    """Return of each image the way in which its label is farthest behind."""
    if len(labels) == 0:
        return ways[0]
    lost = torch.stack([behind(score(source, each), labels) for each in ways])
    return torch.stack(ways)[lost.argmax(dim=0), torch.arange(len(labels))]
