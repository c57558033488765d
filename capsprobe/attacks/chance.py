"""Perturbations by chance, as large as an attack may make them: what an attack has to beat."""

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from capsprobe.attacks.adapter import forked
from capsprobe.attacks.balls import unit
from capsprobe.attacks.norms import Norm, clip
from capsprobe.models.base import Network
from capsprobe.models.inference import device_of, score, top
from capsprobe.seeds import derive
from capsprobe.shapes import IMAGES


def edge(clean: Float[Tensor, IMAGES], *, norm: Norm, epsilon: float) -> Float[Tensor, IMAGES]:
    """Return each image at a random place on the edge of its ball, back in [0, 1].

    Corners in the maximum norm, directions in the Euclidean one, from torch's global generator.
    """
    drawn = torch.randn_like(clean)
    far = epsilon * (drawn.sign() if norm == "linf" else unit(drawn))
    return clip(clean + far, clean, epsilon=epsilon, norm=norm)


def stands_noise(
    network: Network,
    images: Float[Tensor, IMAGES],
    labels: Int64[Tensor, " images"],
    *,
    norm: Norm,
    epsilon: float,
    draws: int,
    seed: int,
) -> Bool[Tensor, " images"]:
    """Return which images keep their label under every one of so many draws from the edge."""
    stands = torch.ones(len(labels), dtype=torch.bool)
    with forked(device_of(network)):
        torch.manual_seed(derive(seed, "noise", norm, f"{epsilon:.9g}"))
        for _ in range(draws):
            noisy = edge(images, norm=norm, epsilon=epsilon)
            stands &= top(score(network, noisy), count=1)[:, 0] == labels
    return stands
