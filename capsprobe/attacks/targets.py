"""What attacks with a target want: the class to reach, and how near it is."""

from collections.abc import Callable

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from capsprobe.shapes import IMAGES, SCORES

_NEVER_ZERO = 1e-12


def rivals(
    mapped: Callable[[Float[Tensor, IMAGES]], Float[Tensor, SCORES]],
    images: Float[Tensor, IMAGES],
    labels: Int64[Tensor, " images"],
    *,
    most: int,
) -> Int64[Tensor, "images targets"]:
    """Return the classes other than the label, the likeliest first, so many at most."""
    with torch.no_grad():
        scores = mapped(images)
    others = scores.scatter(1, labels[:, None], -torch.inf)
    return others.argsort(dim=1, descending=True)[:, : min(most, scores.shape[1] - 1)]


def ratio_to(
    scores: Float[Tensor, SCORES],
    labels: Int64[Tensor, " images"],
    targets: Int64[Tensor, " images"],
) -> Float[Tensor, " images"]:
    """Return the targeted difference of logits ratio of Croce and Hein 2020.

    -(z_y - z_t) / (z_(1) - (z_(3) + z_(4)) / 2). Fewer than four classes have no fourth: the plain
    difference is returned.
    """
    ahead = _at(scores, labels) - _at(scores, targets)
    if scores.shape[1] < 4:
        return -ahead
    best = scores.topk(4, dim=1).values
    spread = best[:, 0] - 0.5 * (best[:, 2] + best[:, 3])
    return -ahead / (spread + _NEVER_ZERO)


def _at(
    scores: Float[Tensor, SCORES], classes: Int64[Tensor, " images"]
) -> Float[Tensor, " images"]:
    return scores.gather(1, classes[:, None])[:, 0]
