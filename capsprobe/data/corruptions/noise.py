"""Noise: pixels that are counted badly, and pixels that are lost."""

import numpy as np
from jaxtyping import Float

from capsprobe.data.corruptions.base import STACK, Draws, corruption, uniform


@corruption("noise/shot", published=5, photons=(60.0, 25.0, 12.0, 5.0, 3.0))
def shot(
    images: Float[np.ndarray, STACK], draws: Draws, *, photons: float
) -> Float[np.ndarray, STACK]:
    """Count light in photons, so many at white: Poisson noise.

    Mean and variance of a pixel x before clipping: x and x / photons.
    """
    counts = [rng.poisson(photons * image) for image, rng in zip(images, draws, strict=True)]
    return np.stack(counts) / photons


@corruption("noise/impulse", published=4, amount=(0.03, 0.06, 0.09, 0.17, 0.27))
def impulse(
    images: Float[np.ndarray, STACK], draws: Draws, *, amount: float
) -> Float[np.ndarray, STACK]:
    """Turn that fraction of the pixels white or black, evenly: salt and pepper."""
    hit, colour = np.moveaxis(uniform(draws, 2, *images.shape[1:]), 1, 0)
    return np.where(hit < amount, np.where(colour < 0.5, 0.0, 1.0), images)
