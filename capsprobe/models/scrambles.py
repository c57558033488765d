"""Images with their parts in other places, and what a network says of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Float64, Int64
from torch import Tensor

from capsprobe.data.images import ImageSet, grey_levels
from capsprobe.embeddings.ranking import paired_auroc_terms
from capsprobe.models.base import Scores, as_lengths
from capsprobe.shapes import IMAGES, SCORES
from capsprobe.tables import TRACE_COLUMNS

INTACT = "intact"


@dataclass(frozen=True, kw_only=True)
class Scramble:
    """One way to scramble, at one severity, with the scores that a network gives to the result."""

    name: str
    severity: float
    images: Float[Tensor, IMAGES]
    scores: Float[Tensor, SCORES]

    def beside(
        self,
        intact: "Scramble",
        labels: Int64[Tensor, " images"],
        rows: Bool[Tensor, " images"],
    ) -> dict[str, Float64[np.ndarray, " rows"]]:
        """Return of each of these rows whether its label is named, and its terms of two AUROCs.

        `intact_auroc` is of the highest score, `label_auroc` of the true class's: above .5 where
        intact images score higher.
        """
        before, after, own = intact.scores[rows], self.scores[rows], labels[rows].unsqueeze(1)
        return {
            "intact_auroc": _auroc(before.amax(dim=1), after.amax(dim=1)),
            "label_auroc": _auroc(before.gather(1, own)[:, 0], after.gather(1, own)[:, 0]),
            "correct": (after.argmax(dim=1) == own[:, 0]).double().numpy(),
        }


def pictures(
    found: Sequence[Scramble],
    images: ImageSet,
    rows: Int64[Tensor, " chosen"],
    *,
    scores: Scores,
    condition: str,
) -> pd.DataFrame:
    """Return TRACE_COLUMNS: chosen images in each way, and what the network says of each.

    `picture` holds grey levels from 0 to 255; `said` the highest score, from 0 to 1, and the
    number of its class.
    """
    lines = [
        (f"{condition}/{each.name}", each.severity, int(images.ids[row]), label, *matrix)
        for row in rows.tolist()
        for label in (str(int(images.labels[row])),)
        for each in found
        if each.name == INTACT or each.severity > 0.0
        for matrix in _matrices(each, row, scores)
    ]
    return pd.DataFrame(lines, columns=list(TRACE_COLUMNS))


def _auroc(
    intact: Float[Tensor, " images"], scrambled: Float[Tensor, " images"]
) -> Float64[np.ndarray, " images"]:
    return paired_auroc_terms(intact.double().numpy(), scrambled.double().numpy())


def _matrices(
    each: Scramble, row: int, scores: Scores
) -> Iterator[tuple[str, int, int, list[float]]]:
    image, said = each.images[row], as_lengths(each.scores[row : row + 1], scores)[0]
    yield "picture", image.shape[1], image.shape[2], [float(x) for x in grey_levels(image)]
    yield "said", 1, 2, [round(float(said.max()), 4), float(said.argmax())]
