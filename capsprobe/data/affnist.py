"""affNIST: each digit under a random affine map, somewhere on a 40x40 canvas.

Made by the protocol from any image set; the official files are read in capsprobe.data.mat.
Networks for it train on digits that are placed and not otherwise changed (Sabour et al. 2017,
sec. 5.2).
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float, Int64
from torch import Tensor

from capsprobe.data.draws import draw_each, pick
from capsprobe.data.images import ImageSet
from capsprobe.data.move import place
from capsprobe.data.overlay import boxes
from capsprobe.data.warp import linear_maps, warp
from capsprobe.faults import DataFault
from capsprobe.seeds import generator
from capsprobe.shapes import IMAGES, PLACED

CANVAS = 40
ROTATION = 20.0
SHEAR = 0.2
SCALE = (0.8, 1.2)
# Rotation, shear, scale x, scale y, row, column.
_DRAWS = 6


@dataclass(frozen=True, kw_only=True)
class Twins:
    """Each digit transformed, and the same digit untransformed at the same place.

    Where the untransformed digit is the larger and would leave the canvas there, it stands at
    the nearest place that holds it. `rows` says which images these are: digits that fit nowhere
    are left out.
    """

    transformed: ImageSet
    untransformed: Float[Tensor, IMAGES]
    rows: Int64[Tensor, " images"]


def affnist(images: ImageSet, *, seed: int = 0, versions: int = 1) -> ImageSet:
    """Return every image in so many random versions, the transformations as parameters.

    Rotation is even over +-20 degrees, shear over +-0.2, the scale of each axis over 0.8 to 1.2,
    and the place over all whole-pixel offsets that keep all ink on the canvas. Parameters:
    version, rotation, shear, scale_x, scale_y, and row and column, the move of the image's
    middle from that of the canvas. `ids` are those of the digits: all versions of one digit share
    its id, they are one cluster. Versions that fit nowhere are left out.

    Raises
    ------
    DataFault
        Where no image fits on the canvas.
    """
    made = [affnist_twins(images, seed=seed, version=n).transformed for n in range(versions)]
    return replace(
        made[0],
        images=torch.cat([part.images for part in made]),
        labels=torch.cat([part.labels for part in made]),
        ids=torch.cat([part.ids for part in made]),
        parameters=pd.concat([part.parameters for part in made], ignore_index=True),
    )


def affnist_twins(images: ImageSet, *, seed: int = 0, version: int = 0) -> Twins:
    """Return one version of every image beside the untransformed one.

    The draws belong to an image's id, so that a limited set gets the same transformations.

    Raises
    ------
    DataFault
        Where no image fits on the canvas.
    """
    rng = generator(seed, "affnist", images.name, images.split, version)
    draws = draw_each(rng, images.ids, count=_DRAWS)
    table = _parameters(draws, version)
    warped, plain = _roomy(images, table), _roomy(images, None)
    low, high = _corners(warped)
    plain_low, plain_high = _corners(plain)
    fits = (high >= low).all(dim=1) & (plain_high >= plain_low).all(dim=1)
    if not bool(fits.any()):
        raise DataFault(f"{images.name}: expected digits that fit on 40x40 pixels, got none")
    choices = (high - low + 1).clamp(min=0)
    corner = low + torch.from_numpy(pick(draws[:, 4:], choices.numpy()))
    table[["row", "column"]] = ((warped.shape[-1] - CANVAS) // 2 - corner).numpy()
    kept = fits.nonzero().squeeze(1)
    made = replace(
        images,
        name=f"{images.name}-affnist",
        images=_window(warped, corner),
        parameters=table,
    )
    beside = _window(plain, torch.minimum(torch.maximum(corner, plain_low), plain_high))
    return Twins(transformed=made.take(kept), untransformed=beside[kept], rows=kept)


def _parameters(draws: Float[np.ndarray, "images draws"], version: int) -> pd.DataFrame:
    def over(column: int, low: float, high: float) -> Float[np.ndarray, " images"]:
        return low + (high - low) * draws[:, column]

    return pd.DataFrame(
        {
            "version": np.full(len(draws), version),
            "rotation": over(0, -ROTATION, ROTATION),
            "shear": over(1, -SHEAR, SHEAR),
            "scale_x": over(2, *SCALE),
            "scale_y": over(3, *SCALE),
        }
    )


def _roomy(images: ImageSet, table: pd.DataFrame | None) -> Float[Tensor, IMAGES]:
    """Return images, transformed or as they are, in the middle of a canvas twice their size.

    1.2 x (cos 20 + sin 20 + 0.2 cos 20) = 1.77: no ink reaches the edge.
    """
    if table is None:
        maps = linear_maps(len(images))
    else:
        maps = linear_maps(
            len(images),
            rotation=table["rotation"].to_numpy(),
            shear=table["shear"].to_numpy(),
            scale_x=table["scale_x"].to_numpy(),
            scale_y=table["scale_y"].to_numpy(),
        )
    return warp(images.images, maps, canvas=2 * max(images.size))


def _corners(roomy: Float[Tensor, IMAGES]) -> tuple[Tensor, Tensor]:
    """Return the lowest and the highest corner (row, column) of a window that holds all ink.

    Corners may lie outside of the image. Where no window holds the ink, high is below low.
    """
    ends = boxes(roomy)
    return ends[:, 1::2] - CANVAS, ends[:, 0::2]


def _window(
    roomy: Float[Tensor, IMAGES], corner: Int64[Tensor, "images 2"]
) -> Float[Tensor, PLACED]:
    return place(roomy, canvas=CANVAS, rows=-corner[:, 0], columns=-corner[:, 1])
