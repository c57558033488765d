"""Random numbers that belong to an image, so that no other image in the set changes them.

A limited set, or one in another order, must meet the very same perturbations; draws by position
would hand them to other images.
"""

import numpy as np
from jaxtyping import Float, Int64
from torch import Tensor


def draw_each(
    rng: np.random.Generator, ids: Int64[Tensor, " images"], *, count: int
) -> Float[np.ndarray, "images count"]:
    """Return `count` numbers in [0, 1) for each id: row i of one long table belongs to id i."""
    return rng.random((int(ids.max()) + 1, count))[ids.numpy()]


def signs(uniform: Float[np.ndarray, " images"]) -> Float[np.ndarray, " images"]:
    """Return -1.0 for draws below one half and 1.0 for the others."""
    return np.where(uniform < 0.5, -1.0, 1.0)


def pick(
    uniform: Float[np.ndarray, "*draws"], counts: Int64[np.ndarray, "*draws"] | int
) -> Int64[np.ndarray, "*draws"]:
    """Return for each draw a whole number from 0 to count - 1, evenly."""
    return np.floor(uniform * counts).astype(np.int64)
