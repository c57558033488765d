"""The search for a small turn and move that make a network err, by trying them one after another.

Gradients do not find the worst of them (Engstrom et al. 2019), so it is tried out. What is saved
here never raises robust accuracy: an image that is wrong when clean is not tried at all, and one
that is turned wrong is tried no further.
"""

from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Bool, Float64, Int64
from torch import Tensor

from capsprobe.data.images import ImageSet
from capsprobe.data.move import centre
from capsprobe.data.spatial import shifted
from capsprobe.faults import DataFault
from capsprobe.models.base import Network
from capsprobe.models.inference import score, top


@dataclass(frozen=True, kw_only=True)
class Seen:
    """Images as a network saw them, and the class that it named for each.

    `cut` counts what it was not shown because ink would have been lost.
    """

    images: ImageSet
    answers: Int64[Tensor, " images"]
    cut: int = 0

    @property
    def right(self) -> Bool[Tensor, " images"]:
        """Return for which images the network named the label."""
        return self.answers == self.images.labels

    def take(self, rows: Int64[Tensor, " rows"]) -> "Seen":
        """Return the same of the given rows."""
        return replace(self, images=self.images.take(rows), answers=self.answers[rows])


def unshifted(network: Network, images: ImageSet) -> Seen:
    """Return the images in the middle of the network's canvas, as they are."""
    placed = centre(images.images, canvas=network.frame.canvas)
    answers = top(score(network, placed), count=1)[:, 0]
    return Seen(images=replace(images, images=placed), answers=answers)


def under_one(
    network: Network, images: ImageSet, shifts: Float64[np.ndarray, "images 3"], *, cut: float
) -> Seen:
    """Return each image under its shift; one of which more than `cut` would be lost is left out.

    Raises
    ------
    DataFault
        Where all are.
    """
    pixels, lost = shifted(images.images, shifts, canvas=network.frame.canvas)
    rows = (lost <= cut).nonzero().squeeze(1)
    if len(rows) == 0:
        raise DataFault(
            "expected images with room around their ink, got none that a turn with a move leaves "
            "whole"
        )
    answers = top(score(network, pixels), count=1)[:, 0]
    shown = replace(images.take(rows), images=pixels[rows])
    return Seen(images=shown, answers=answers[rows], cut=len(images) - len(rows))


def under_worst(
    network: Network,
    images: ImageSet,
    clean: Seen,
    shifts: Float64[np.ndarray, "images shifts 3"],
    *,
    cut: float,
) -> Seen:
    """Return each image under the first of its shifts that turns it wrong, unshifted if none does.

    Of images that are wrong when clean, `clean` is returned, so `right` is robust: right when
    clean and under every shift. A shift that would lose more than `cut` of the ink is skipped.
    """
    standing = clean.right.nonzero().squeeze(1)
    pixels, answers = clean.images.images.clone(), clean.answers.clone()
    place, skipped = 0, 0
    while len(standing) > 0 and place < shifts.shape[1]:
        # The fewer stand, the more shifts fill a batch.
        ahead = max(1, network.batch_size // len(standing))
        few = shifts[standing.numpy(), place : place + ahead]
        tried, hits = _under_few(network, images.take(standing), few, cut=cut)
        broken = standing[hits]
        pixels[broken], answers[broken] = tried.images.images[hits], tried.answers[hits]
        standing, place, skipped = standing[~hits], place + ahead, skipped + tried.cut
    return Seen(images=replace(clean.images, images=pixels), answers=answers, cut=skipped)


def _under_few(
    network: Network, images: ImageSet, shifts: Float64[np.ndarray, "images few 3"], *, cut: float
) -> tuple[Seen, Bool[Tensor, " images"]]:
    """Return each image under the first of few shifts that turns it wrong, and whether one does.

    All are shown at once, but what is skipped is counted up to the first that does, as if they
    had been shown one after another.
    """
    count = shifts.shape[1]
    pixels, lost = shifted(
        images.images.repeat_interleave(count, dim=0),
        shifts.reshape(-1, 3),
        canvas=network.frame.canvas,
    )
    answers = top(score(network, pixels), count=1).view(-1, count)
    whole = lost.view(-1, count) <= cut
    wrong = (answers != images.labels.unsqueeze(1)) & whole
    hits, first = wrong.any(dim=1), wrong.int().argmax(dim=1)
    end = torch.where(hits, first, count)
    skipped = (~whole & (torch.arange(count) < end.unsqueeze(1))).sum()
    each = torch.arange(len(images))
    shown = replace(images, images=pixels.unflatten(0, (-1, count))[each, first])
    return Seen(images=shown, answers=answers[each, first], cut=int(skipped)), hits
