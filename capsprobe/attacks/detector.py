"""The distance from the reconstruction as a detector, and who gets through it.

Frosst, Sabour and Hinton (2018) call an image suspect where it is far from what its winning
capsule draws.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Float64, Int64
from torch import Tensor

from capsprobe.attacks.base import Attack
from capsprobe.attacks.undetected import Undetected
from capsprobe.faults import ModelFault
from capsprobe.models.base import Network
from capsprobe.models.batches import in_batches
from capsprobe.models.decoder import distance_from_winner
from capsprobe.models.inference import device_of, score, top
from capsprobe.shapes import IMAGES

# The scores that both attacks follow; what other maps find counts in the adversarial probe.
_MAP = "margin"


@dataclass(frozen=True, kw_only=True)
class Look:
    """What the blind attack made wrong within an epsilon, and who got through so far, by attack.

    `distances` are those of the blind attack's images from their reconstructions.
    """

    epsilon: float
    wrong: Bool[Tensor, " images"]
    distances: Float64[Tensor, " images"]
    through: Mapping[str, Bool[Tensor, " images"]]


def looks(
    network: Network,
    images: Float[Tensor, IMAGES],
    labels: Int64[Tensor, " images"],
    *,
    blind: Attack,
    aware: Undetected,
    epsilons: Sequence[float],
    seed: int,
) -> Iterator[Look]:
    """Yield by epsilon what both attacks make of images that are right when clean.

    Who got through within a smaller epsilon, or by luck with the blind attack, needs no more.
    """
    got = {name: torch.zeros(len(labels), dtype=torch.bool) for name in ("pgd", "aware")}
    for epsilon in epsilons if len(labels) else ():
        found = blind(network, images, labels, epsilon=epsilon, seed=seed, output_map=_MAP)
        wrong, distances = _judged(network, found, labels)
        got["pgd"] = got["pgd"] | (wrong & (distances <= aware.threshold))
        got["aware"] = got["aware"] | got["pgd"]
        rest = (~got["aware"]).nonzero().squeeze(1)
        if len(rest) > 0:
            few, truth = images[rest], labels[rest]
            found = aware(network, few, truth, epsilon=epsilon, seed=seed, output_map=_MAP)
            missed, spare = _judged(network, found, truth)
            got["aware"][rest] = missed & (spare <= aware.threshold)
        yield Look(epsilon=epsilon, wrong=wrong, distances=distances, through=dict(got))


def above(distances: Float64[Tensor, " images"], share: float) -> float:
    """Return the least of the distances above which lies no more than a share of them."""
    return float(np.quantile(distances.numpy(), 1.0 - share, method="inverted_cdf"))


def distances_of(network: Network, images: Float[Tensor, IMAGES]) -> Float64[Tensor, " images"]:
    """Return how far images are from what their winning classes draw.

    Raises
    ------
    ModelFault
        Where a distance is not finite.
    """
    device = device_of(network)

    def few(rows: slice) -> Tensor:
        with torch.no_grad():
            return distance_from_winner(network, images[rows].to(device)).double().cpu()

    found = torch.cat([part for _, part in in_batches(network, len(images), few)])
    if not torch.isfinite(found).all():
        raise ModelFault("expected finite reconstructions, got NaN or infinity")
    return found


def _judged(
    network: Network, images: Float[Tensor, IMAGES], labels: Int64[Tensor, " images"]
) -> tuple[Bool[Tensor, " images"], Float64[Tensor, " images"]]:
    """Return which answers are wrong, and the distances."""
    wrong = top(score(network, images), count=1)[:, 0] != labels
    return wrong, distances_of(network, images)
