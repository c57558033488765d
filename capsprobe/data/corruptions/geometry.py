"""Affine maps as MNIST-C has them: on the canvas as it is, what leaves it is cut.

The probe `affine` asks the same question without cutting anything.
"""

import math

import numpy as np
import torch
from jaxtyping import Float, Float64
from torch import Tensor

from capsprobe.data.corruptions.base import STACK, Draws, corruption, uniform
from capsprobe.data.draws import signs
from capsprobe.data.move import place
from capsprobe.data.warp import linear_maps, warp


@corruption("geometry/shear", published=2, radians=(0.2, 0.4, 0.6, 0.8, 1.0))
def shear(
    images: Float[np.ndarray, STACK], draws: Draws, *, radians: float
) -> Float[np.ndarray, STACK]:
    """Lean by an angle, sign by chance, and make taller by 1 / cos.

    What scikit-image called a shear when MNIST-C was made: pixels (x, y) are read at
    (x - y sin, y cos).
    """
    lean = math.sin(radians) * signs(uniform(draws))
    maps = linear_maps(len(images), shear=lean, scale_y=1.0 / math.cos(radians))
    return _warped(images, maps)


@corruption("geometry/scale", published=3, size=(0.9, 0.8, 0.7, 0.6, 0.5))
def scale(
    images: Float[np.ndarray, STACK], draws: Draws, *, size: float
) -> Float[np.ndarray, STACK]:
    """Make smaller, to that size."""
    del draws
    return _warped(images, linear_maps(len(images), scale_x=size, scale_y=size))


@corruption("geometry/rotate", published=2, radians=(0.2, 0.4, 0.6, 0.8, 1.0))
def rotate(
    images: Float[np.ndarray, STACK], draws: Draws, *, radians: float
) -> Float[np.ndarray, STACK]:
    """Turn by an angle, sign by chance."""
    turn = math.degrees(radians) * signs(uniform(draws))
    return _warped(images, linear_maps(len(images), rotation=turn))


@corruption("geometry/translate", published=3, pixels=(1, 2, 3, 4, 5))
def translate(
    images: Float[np.ndarray, STACK], draws: Draws, *, pixels: int
) -> Float[np.ndarray, STACK]:
    """Move by so many pixels along both axes, signs by chance."""
    chance = uniform(draws, 2)
    rows, columns = (torch.from_numpy(pixels * signs(chance[:, axis])).long() for axis in (0, 1))
    moved = place(_tensor(images), canvas=images.shape[-1], rows=rows, columns=columns)
    return moved.squeeze(1).numpy()


def _warped(
    images: Float[np.ndarray, STACK], maps: Float64[Tensor, "images 2 2"]
) -> Float[np.ndarray, STACK]:
    return warp(_tensor(images), maps, canvas=images.shape[-1]).squeeze(1).numpy()


def _tensor(images: Float[np.ndarray, STACK]) -> Float[Tensor, "images 1 side side"]:
    return torch.from_numpy(images).unsqueeze(1)
