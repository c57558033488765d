"""Robustness of every image to one attack over a range of epsilon.

Robust accuracy is, per image, the worst over attacks and output maps. What is saved here never
raises it: an image that is wrong when clean is never attacked, and an image broken within a
small budget is broken within every larger one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Float64, Int64
from torch import Tensor

from capsprobe.attacks.base import Attack
from capsprobe.attacks.norms import Norm, sizes
from capsprobe.models.base import Network
from capsprobe.models.inference import score, top
from capsprobe.shapes import IMAGES


@dataclass(frozen=True, kw_only=True)
class Curve:
    """What broke each image first.

    `smallest` is the smallest epsilon tried that did: 0 where the image is wrong when clean,
    infinite where nothing did. `images` and `predictions` are the adversarial ones, and the
    clean ones where nothing broke the image.
    """

    smallest: Float64[Tensor, " images"]
    images: Float[Tensor, IMAGES]
    predictions: Int64[Tensor, " images"]

    def robust(self, epsilon: float) -> Bool[Tensor, " images"]:
        """Return which images are right when clean and at every epsilon up to this one."""
        return self.smallest > epsilon

    def norms(self, clean: Float[Tensor, IMAGES], norm: Norm) -> Float64[Tensor, " images"]:
        """Return the measured size of each perturbation, 0 where there is none."""
        return sizes(self.images - clean, norm)


def unattacked(
    network: Network, images: Float[Tensor, IMAGES], labels: Int64[Tensor, " images"]
) -> Curve:
    """Return the curve before any attack: broken at 0 where the network errs."""
    predictions = top(score(network, images), count=1)[:, 0]
    smallest = torch.where(predictions == labels, torch.inf, 0.0).double()
    return Curve(smallest=smallest, images=images, predictions=predictions)


def attack_curve(
    attack: Attack,
    network: Network,
    clean: Curve,
    labels: Int64[Tensor, " images"],
    *,
    epsilons: Sequence[float],
    seed: int,
    output_map: str,
) -> Curve:
    """Return what one attack through one output map breaks, from the smallest epsilon up.

    `clean` is the curve of the unattacked images. The network is in eval mode. An image counts
    as broken where the network itself, without any map, errs on it.
    """
    smallest, images = clean.smallest.clone(), clean.images.clone()
    predictions = clean.predictions.clone()
    for epsilon in sorted(epsilons):
        standing = smallest.isinf().nonzero().squeeze(1)
        if len(standing) == 0:
            break
        tried = attack(
            network,
            clean.images[standing],
            labels[standing],
            epsilon=epsilon,
            seed=seed,
            output_map=output_map,
        )
        answers = top(score(network, tried), count=1)[:, 0]
        wrong = answers != labels[standing]
        smallest[standing[wrong]] = epsilon
        images[standing[wrong]] = tried[wrong]
        predictions[standing[wrong]] = answers[wrong]
    return Curve(smallest=smallest, images=images, predictions=predictions)


def worst(curves: Sequence[Curve]) -> Curve:
    """Return for each image the curve that broke it first; of several, the first named."""
    smallest = torch.stack([curve.smallest for curve in curves])
    chosen = smallest.argmin(dim=0)
    rows = torch.arange(len(chosen))
    return Curve(
        smallest=smallest[chosen, rows],
        images=torch.stack([curve.images for curve in curves])[chosen, rows],
        predictions=torch.stack([curve.predictions for curve in curves])[chosen, rows],
    )
