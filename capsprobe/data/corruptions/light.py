"""Light: more of it, fog before it, and the photographic negative at both sides."""

import numpy as np
from jaxtyping import Float

from capsprobe.data.corruptions.base import STACK, Draws, corruption, steps

# Fog is a corner of a larger landscape, as in MNIST-C: what is seen of it is nearly a slope.
_LANDSCAPE = 256


@corruption("light/brightness", published=5, amount=(0.1, 0.2, 0.3, 0.4, 0.5))
def brightness(
    images: Float[np.ndarray, STACK], draws: Draws, *, amount: float
) -> Float[np.ndarray, STACK]:
    """Make every pixel brighter by so much, up to white."""
    del draws
    return images + amount


@corruption(
    "light/fog", published=5, thickness=(1.5, 2.0, 2.5, 2.5, 3.0), decay=(2.0, 2.0, 1.7, 1.5, 1.4)
)
def fog(
    images: Float[np.ndarray, STACK], draws: Draws, *, thickness: float, decay: float
) -> Float[np.ndarray, STACK]:
    """Add clouds, and darken all so that none is brighter than the image was.

    (x + thickness clouds) peak / (peak + thickness), with the image's peak.
    """
    side = images.shape[-1]
    peak = images.max(axis=(1, 2), keepdims=True)
    clouds = np.stack([landscape(rng, side, decay)[:side, :side] for rng in draws])
    return (images + thickness * clouds) * peak / (peak + thickness)


@corruption("light/stripe", published=4, width=steps(0.25, published=4))
def stripe(
    images: Float[np.ndarray, STACK], draws: Draws, *, width: float
) -> Float[np.ndarray, STACK]:
    """Show the negative at the left and at the right, in stripes so wide a part of the canvas."""
    del draws
    side = images.shape[-1]
    pixels = round(width * side)
    column = np.arange(side)
    return np.where((column < pixels) | (column >= side - pixels), 1.0 - images, images)


def landscape(
    rng: np.random.Generator, side: int, decay: float
) -> Float[np.ndarray, "large large"]:
    """Return heights from 0 to 1 by diamonds and squares, on a torus as large as a power of two.

    The middle of each square is the mean of its corners, the middle of each edge that of its four
    neighbours, each and a jitter that shrinks by decay^2 with every halving of the squares.
    """
    large = max(_LANDSCAPE, 1 << (side - 1).bit_length())
    jitter = 2.0 * rng.random((large, large), dtype=np.float32) - 1.0
    height = np.zeros((large, large), dtype=np.float32)
    step, size = large, 1.0
    while step > 1:
        half = step // 2
        corners = height[::step, ::step]
        down = corners + np.roll(corners, -1, axis=0)
        across = corners + np.roll(corners, -1, axis=1)
        middles = (down + np.roll(down, -1, axis=1)) / 4.0 + size * jitter[half::step, half::step]
        height[half::step, half::step] = middles
        for axis, edges, place in (
            (0, across, (slice(0, None, step), slice(half, None, step))),
            (1, down, (slice(half, None, step), slice(0, None, step))),
        ):
            beside = middles + np.roll(middles, 1, axis=axis)
            height[place] = (beside + edges) / 4.0 + size * jitter[place]
        step, size = half, size / decay**2
    return (height - height.min()) / (height.max() - height.min())
