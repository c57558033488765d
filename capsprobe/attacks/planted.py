"""Whether the same descent finds what is known to be there: planted heads attacked.

What counts is a share over images: an attack that misses many of these misses others too.
"""

from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor
from torch.nn.functional import softplus

from capsprobe.attacks.adapter import Adapter, forked
from capsprobe.attacks.balls import L2Ball, LinfBall
from capsprobe.attacks.chance import edge
from capsprobe.attacks.descent import Look, descend
from capsprobe.attacks.heads import CHANCE, Features, Heads, features_of, plant
from capsprobe.attacks.norms import Norm
from capsprobe.attacks.output_maps import OUTPUT_MAPS
from capsprobe.models.base import Network
from capsprobe.models.batches import in_batches
from capsprobe.models.inference import device_of, frozen
from capsprobe.seeds import derive
from capsprobe.shapes import IMAGES


@dataclass(frozen=True, kw_only=True)
class Sought:
    """Per image: whether a head could be planted, whether the attack crossed it, whether chance."""

    planted: Bool[Tensor, " images"]
    found: Bool[Tensor, " images"]
    by_chance: Bool[Tensor, " images"]


def seek_planted(
    network: Network,
    images: Float[Tensor, IMAGES],
    *,
    norm: Norm,
    epsilon: float,
    steps: int,
    restarts: int,
    seed: int,
) -> Sought:
    """Return what the descent finds of the planted; the network is left as found.

    Raises
    ------
    ModelFault
        Where features are not finite, or cannot be differentiated by the image.
    """
    device = device_of(network)
    ball = LinfBall(epsilon) if norm == "linf" else L2Ball(epsilon)

    def few(rows: slice) -> Sought:
        torch.manual_seed(derive(seed, "planted", norm, f"{epsilon:.9g}", rows.start))
        clean = images[rows].clone().to(device)
        features = features_of(network, clean)
        heads = plant(features, clean, norm=norm, epsilon=epsilon)
        whose = heads.planted.nonzero().squeeze(1)
        mapped = Headed(network, features, heads)
        found, by_chance = heads.planted.clone(), heads.planted.clone()
        if len(whose) > 0:
            reached = descend(
                mapped,
                clean[whose],
                whose,
                ball=ball,
                steps=steps,
                restarts=restarts,
                objective=mapped.far_side,
            )
            found[whose] = mapped.crossed(reached, whose)
            by_chance[whose] = _by_chance(mapped, clean[whose], whose, norm, epsilon)
        return Sought(planted=heads.planted.cpu(), found=found.cpu(), by_chance=by_chance.cpu())

    with frozen(network), forked(device), torch.inference_mode(False), torch.enable_grad():
        parts = [part for _, part in in_batches(network, len(images), few)]
    return Sought(
        planted=torch.cat([part.planted for part in parts]),
        found=torch.cat([part.found for part in parts]),
        by_chance=torch.cat([part.by_chance for part in parts]),
    )


class Headed(Adapter):
    """A network's features under planted heads; whose head an image is under stands as label."""

    def __init__(self, network: Network, features: Features, heads: Heads) -> None:
        super().__init__(network, OUTPUT_MAPS["scores"])
        self._features, self._heads = features, heads

    def raw(self, images: Float[Tensor, IMAGES]) -> Any:
        """Return the features."""
        return self._features(images)

    def judge(
        self,
        images: Float[Tensor, IMAGES],
        mapped: Float[Tensor, "images features"],
        labels: Int64[Tensor, " images"],
    ) -> tuple[Float[Tensor, " images"], Bool[Tensor, " images"]]:
        """Return the head's output, and whether it is on the far side."""
        del images
        lead = self._heads.outputs(mapped, labels)
        return lead, lead > 0.0

    def far_side(self, look: Look) -> Float[Tensor, " images"]:
        """Return the cross-entropy of the near side, of logits 0 and the head's output."""
        return softplus(self._heads.outputs(look.scores, look.labels))

    def crossed(
        self, images: Float[Tensor, IMAGES], whose: Int64[Tensor, " images"]
    ) -> Bool[Tensor, " images"]:
        """Return which images are on the far side."""
        with torch.no_grad():
            return self._heads.outputs(self._features(images), whose) > 0.0


def _by_chance(
    mapped: Headed,
    clean: Float[Tensor, IMAGES],
    whose: Int64[Tensor, " images"],
    norm: Norm,
    epsilon: float,
) -> Bool[Tensor, " images"]:
    """Return over which heads one of a few random images at the edge lies."""
    draws = [edge(clean, norm=norm, epsilon=epsilon) for _ in range(CHANCE)]
    return torch.stack([mapped.crossed(each, whose) for each in draws]).any(dim=0)
