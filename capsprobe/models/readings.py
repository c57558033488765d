"""A known quantity read from an embedding, class by class, and how well that goes."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from jaxtyping import Bool, Float, Float64
from threadpoolctl import threadpool_limits
from torch import Tensor

from capsprobe.data.images import ImageSet
from capsprobe.embeddings.readout import readout_predictions, terms_of
from capsprobe.models.blocks import EMBEDDED, block_of

FEWEST = 10
"""Images of a class below which its cross-validation has too little in a fold."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What was read for each image, the truth, and each image's share of R2.

    `known` says of which images anything was read; the others' numbers mean nothing.
    """

    truth: Float64[np.ndarray, " images"]
    read: Float64[np.ndarray, " images"]
    terms: Float64[np.ndarray, " images"]
    known: Bool[np.ndarray, " images"]

    def shares(self, ids: np.ndarray) -> pd.Series:
        """Return each image's share of R2, the mean over its versions, by its id.

        Images have more versions or fewer: weighted alike, shares would not sum to R2.
        """
        held = ids[self.known]
        means = pd.Series(self.terms[self.known]).groupby(held).mean()
        weight = pd.Series(1.0, index=held).groupby(level=0).sum()
        return means * weight / weight.mean()

    def pairs(self, most: int) -> Float64[np.ndarray, "two some"]:
        """Return truth and what was read, of at most so many images, evenly chosen."""
        rows = np.flatnonzero(self.known)
        rows = rows[:: max(1, len(rows) // most)][:most]
        return np.stack([self.truth[rows], self.read[rows]])


def read_by_class(
    embedding: Float[Tensor, EMBEDDED],
    images: ImageSet,
    truth: Float64[np.ndarray, " images"],
    rng: np.random.Generator,
    *,
    whole: bool,
) -> Reading:
    """Return what a linear reading of each class's embeddings says of the truth.

    Each class has a reading of its own, from its block of the embedding or from the whole of it,
    because one capsule's dimensions mean nothing in another. Versions of one image, which share
    its id, are never on both sides of a fold.
    """
    source = embedding if whole else block_of(embedding, images.labels, classes=images.classes)
    code, labels, ids = source.double().numpy(), images.labels.numpy(), images.ids.numpy()
    read, terms = np.zeros(len(truth)), np.zeros(len(truth))
    known = np.zeros(len(truth), dtype=bool)
    # Matrices this small take five times as long where processes fight for the cores.
    with threadpool_limits(limits=1, user_api="blas"):
        for label in range(images.classes):
            rows = np.flatnonzero(labels == label)
            if len(np.unique(ids[rows])) < FEWEST:
                continue
            said, level = readout_predictions(code[rows], truth[rows], rng, groups=ids[rows])
            read[rows], known[rows] = said, True
            terms[rows] = terms_of(truth[rows], said, level)
    return Reading(truth=truth, read=read, terms=terms, known=known)


def shuffled_by_image(
    truth: Float64[np.ndarray, " images"], images: ImageSet, rng: np.random.Generator
) -> Float64[np.ndarray, " images"]:
    """Return the truth with rows exchanged within each class: what chance gives."""
    found, labels = truth.copy(), images.labels.numpy()
    for label in torch.unique(images.labels).tolist():
        rows = np.flatnonzero(labels == label)
        found[rows] = truth[rng.permutation(rows)]
    return found
