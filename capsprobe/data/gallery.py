"""A few images to look at: those that were recognised when clean and went wrong first."""

from typing import Any

import pandas as pd
from jaxtyping import Bool, Int64
from torch import Tensor

from capsprobe.data.images import ImageSet, grey_levels
from capsprobe.tables import SAMPLE_COLUMNS

SIZE = 4


class Gallery:
    """Collects samples while a probe goes from the clean images to ever larger severities.

    The first images that it sees are the clean ones. Only those recognised then can become
    samples, each once, at the first severity that turns it wrong; there are `size` at most.
    """

    def __init__(self, condition: str, *, size: int = SIZE) -> None:
        self._condition = condition
        self._size = size
        self._clean: tuple[ImageSet, Tensor] | None = None
        self._places: dict[int, int] = {}
        self._samples: list[dict[str, Any]] = []

    def look(
        self, severity: float, images: ImageSet, answers: Int64[Tensor, "images labels"]
    ) -> None:
        """Take up images that are wrong now; they are found among the clean ones by their ids.

        `answers` are the sorted predictions.
        """
        right = (answers == _sorted_labels(images)).all(dim=1)
        if self._clean is None:
            self._clean = images, answers
            self._places = {int(images.ids[row]): row for row in _rows(right)}
        for row in _rows(~right):
            place = self._places.pop(int(images.ids[row]), None)
            if place is not None and len(self._samples) < self._size:
                clean, clean_answers = self._clean
                self._samples.append(
                    {
                        "condition": self._condition,
                        "severity": severity,
                        "unit_id": int(images.ids[row]),
                        "label": _text(_sorted_labels(images)[row]),
                        "clean_prediction": _text(clean_answers[place]),
                        "prediction": _text(answers[row]),
                        "height": images.size[0],
                        "width": images.size[1],
                        "clean": grey_levels(clean.images[place]),
                        "perturbed": grey_levels(images.images[row]),
                    }
                )

    def table(self) -> pd.DataFrame:
        """Return the samples, with the columns of tables.SAMPLE_COLUMNS."""
        return pd.DataFrame(self._samples, columns=list(SAMPLE_COLUMNS))


def _rows(chosen: Bool[Tensor, " images"]) -> list[int]:
    return [int(row) for row in chosen.nonzero().squeeze(1)]


def _sorted_labels(images: ImageSet) -> Int64[Tensor, "images labels"]:
    return images.labels.reshape(len(images), -1).sort(dim=1).values


def _text(classes: Int64[Tensor, " labels"]) -> str:
    return "+".join(str(each) for each in classes.tolist())
