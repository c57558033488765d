"""Each image in several known poses: turned, resized, sheared and moved at once, at random."""

from dataclasses import replace

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float, Float64
from torch import Tensor

from capsprobe.data.draws import draw_each
from capsprobe.data.images import ImageSet
from capsprobe.data.warp import linear_maps, warp_whole
from capsprobe.faults import DataFault
from capsprobe.shapes import IMAGES

REACH = {"rotation": 20.0, "scale": 0.15, "shear": 0.2, "shift-x": 2.0, "shift-y": 2.0}
"""How far each goes either way: degrees, relative change of size, tangent of the lean, pixels.

As in affNIST, but for sizes and shifts, which on a 28x28 canvas have less room.
"""


def posed(
    images: ImageSet, rng: np.random.Generator, *, versions: int, cut: float = 0.001
) -> ImageSet:
    """Return every image in so many poses; the parameters hold one column for each of REACH.

    All poses of one image share its id. A pose whose ink would leave the canvas by more than the
    fraction `cut` is left out, so there may be fewer.

    Raises
    ------
    DataFault
        Where none is left.
    """
    draws = draw_each(rng, images.ids, count=versions * len(REACH))
    rows = torch.arange(len(images)).repeat(versions)
    reach = np.array(list(REACH.values()))
    moved = (2.0 * np.concatenate(np.split(draws, versions, axis=1)) - 1.0) * reach
    table = pd.DataFrame(moved, columns=list(REACH))
    pixels, lost = _warped(images.images[rows], table)
    kept = (lost <= cut).nonzero().squeeze(1)
    if not len(kept):
        raise DataFault(f"{images.name}: expected digits with room to be posed, got none")
    return replace(
        images,
        images=pixels[kept],
        labels=images.labels[rows[kept]],
        ids=images.ids[rows[kept]],
        parameters=table.iloc[kept.tolist()].reset_index(drop=True),
    )


def _warped(
    images: Float[Tensor, IMAGES], table: pd.DataFrame
) -> tuple[Float[Tensor, IMAGES], Float64[Tensor, " images"]]:
    scale = 1.0 + table["scale"].to_numpy()
    maps = linear_maps(
        len(images),
        rotation=table["rotation"].to_numpy(),
        shear=table["shear"].to_numpy(),
        scale_x=scale,
        scale_y=scale,
    )
    # Moves are (row, column): rows count downwards, shift-y is seen with y upwards.
    moves = np.stack([-table["shift-y"].to_numpy(), table["shift-x"].to_numpy()], axis=1)
    return warp_whole(images, maps, canvas=images.shape[-1], moves=torch.from_numpy(moves))
