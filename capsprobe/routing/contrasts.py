"""How much coefficients change from image to image: what no constant could do.

The static null is a routing whose coefficients do not depend on the image: all of this is 0 there.
"""

from collections.abc import Iterator

import numpy as np
import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from capsprobe.routing.findings import Finding
from capsprobe.routing.shares import divergence
from capsprobe.shapes import COEFFICIENTS


def contrast(
    shares: list[Float[Tensor, COEFFICIENTS]],
    labels: Int64[Tensor, " images"],
    condition: str,
    *,
    partners: int,
    rng: np.random.Generator,
) -> Iterator[Finding]:
    """Yield the Jensen-Shannon divergence of each image's shares from those of others, in bits.

    Within its class and between classes it is the mean over so many other images by chance, the
    same in every iteration; not a number for an image without such others. `js_constant` is that
    from the mean over all images.
    """
    same = labels.unsqueeze(0) == labels.unsqueeze(1)
    alone = torch.eye(len(labels), dtype=torch.bool)
    chosen = {
        "js_within": _partners(same & ~alone, partners, rng),
        "js_between": _partners(~same, partners, rng),
    }
    for iteration, now in enumerate(shares, start=1):
        found = {name: _mean_divergence(now, others) for name, others in chosen.items()}
        found["js_constant"] = divergence(now, now.mean(dim=0, keepdim=True))
        for metric, values in found.items():
            yield Finding(condition=condition, iteration=iteration, metric=metric, values=values)


def from_means(
    shares: Float[Tensor, COEFFICIENTS], labels: Int64[Tensor, " images"]
) -> tuple[Float[Tensor, " images"], Float[Tensor, " images"]]:
    """Return the divergence of each image's shares from their mean over all images, in bits.

    Then that from their mean over the images of its class.
    """
    named, place = labels.unique(return_inverse=True)
    within = torch.stack([shares[labels == each].mean(dim=0) for each in named])
    overall = shares.mean(dim=0, keepdim=True)
    return divergence(shares, overall), divergence(shares, within[place])


def _partners(
    eligible: Bool[Tensor, "images images"], count: int, rng: np.random.Generator
) -> Int64[Tensor, "images partners"]:
    """Return for each image the numbers of so many eligible others; -1 where there is none."""
    turns = torch.from_numpy(rng.random(tuple(eligible.shape), dtype=np.float32))
    order = torch.where(eligible, turns, 2.0).argsort(dim=1)[:, :count]
    return torch.where(eligible.gather(1, order), order, -1)


def _mean_divergence(
    shares: Float[Tensor, COEFFICIENTS], others: Int64[Tensor, "images partners"]
) -> Float[Tensor, " images"]:
    sums = torch.zeros(len(shares), dtype=shares.dtype)
    for turn in others.T:
        apart = divergence(shares, shares[turn.clamp_min(0)])
        sums += torch.where(turn >= 0, apart, 0.0)
    return sums / (others >= 0).sum(dim=1)
