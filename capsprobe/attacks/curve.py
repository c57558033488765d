"""Robustness of every image to one attack over a range of epsilon.

Robust accuracy is, per image, the worst over output maps and, for the worst case, over attacks.
What is saved here never raises it: an image that is wrong when clean is never attacked, one that
broke through one map is not tried on the next, one broken within a small budget is broken within
every larger one, and what nearly broke an image within a small budget is tried first, stretched,
within the next.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Float64, Int64
from torch import Tensor

from capsprobe.attacks.adapter import behind
from capsprobe.attacks.base import Attack
from capsprobe.attacks.norms import Norm, clip, sizes
from capsprobe.models.base import Network
from capsprobe.models.inference import device_of, score, top
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

    def to(self, device: torch.device) -> "Curve":
        """Return the curve with its tensors on a device."""
        return Curve(
            smallest=self.smallest.to(device),
            images=self.images.to(device),
            predictions=self.predictions.to(device),
        )


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
    output_maps: Sequence[str],
    before: Curve | None = None,
) -> Curve:
    """Return what one attack breaks, from the smallest epsilon up, map by map.

    `clean` is the curve of the unattacked images. `before` is what others broke, each image from
    its epsilon on: the attack leaves it alone there, and the curve returned holds both. The
    network is in eval mode. An image counts as broken where the network itself, without any
    map and in single precision, errs on it.
    """
    device = device_of(network)
    hunt = _Hunt(network, clean.to(device), labels.to(device), attack.norm)
    for epsilon in sorted(epsilons):
        if before is not None:
            hunt.take(before.to(device), epsilon)
        hunt.stretch(epsilon)
        for output_map in output_maps:
            standing = hunt.standing
            if len(standing) == 0:
                return hunt.curve.to(clean.images.device)
            tried = attack(
                network,
                hunt.clean[standing],
                hunt.labels[standing],
                epsilon=epsilon,
                seed=seed,
                output_map=output_map,
            )
            hunt.note(standing, tried, epsilon)
    return hunt.curve.to(clean.images.device)


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


class _Hunt:
    """What is broken so far, and the nearest attempt at what is not."""

    def __init__(
        self, network: Network, clean: Curve, labels: Int64[Tensor, " images"], norm: Norm
    ) -> None:
        self._network, self._norm = network, norm
        self.clean, self.labels = clean.images, labels
        self._smallest, self._images = clean.smallest.clone(), clean.images.clone()
        self._predictions = clean.predictions.clone()
        self._nearest = clean.images.clone()
        self._behind = torch.full(labels.shape, -torch.inf, device=labels.device)
        self._epsilon = 0.0

    @property
    def standing(self) -> Int64[Tensor, " few"]:
        """Return the rows that nothing has broken."""
        return self._smallest.isinf().nonzero().squeeze(1)

    @property
    def curve(self) -> Curve:
        """Return all that was found."""
        return Curve(smallest=self._smallest, images=self._images, predictions=self._predictions)

    def take(self, other: Curve, epsilon: float) -> None:
        """Take over what another attack broke up to this epsilon."""
        rows = (self._smallest.isinf() & (other.smallest <= epsilon)).nonzero().squeeze(1)
        self._smallest[rows] = other.smallest[rows]
        self._images[rows] = other.images[rows]
        self._predictions[rows] = other.predictions[rows]

    def stretch(self, epsilon: float) -> None:
        """Try what came nearest within the last epsilon, stretched to this one."""
        rows = self.standing
        self._behind.fill_(-torch.inf)
        if self._epsilon > 0.0 and len(rows) > 0:
            clean = self.clean[rows]
            far = clean + (self._nearest[rows] - clean) * (epsilon / self._epsilon)
            self.note(rows, clip(far, clean, epsilon=epsilon, norm=self._norm), epsilon)
        self._epsilon = epsilon

    def note(
        self, rows: Int64[Tensor, " few"], tried: Float[Tensor, IMAGES], epsilon: float
    ) -> None:
        """Ask the network itself; keep what broke, and how near the rest came."""
        scores = score(self._network, tried)
        answers = top(scores, count=1)[:, 0]
        wrong = answers != self.labels[rows]
        broken = rows[wrong]
        self._smallest[broken] = epsilon
        self._images[broken] = tried[wrong]
        self._predictions[broken] = answers[wrong]
        lost = behind(scores, self.labels[rows])
        nearer = lost > self._behind[rows]
        self._behind[rows[nearer]] = lost[nearer]
        self._nearest[rows[nearer]] = tried[nearer]
