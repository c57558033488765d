"""A few images to look at: those that were recognised when clean and went wrong first."""

from typing import Any

import pandas as pd
from jaxtyping import Int64
from torch import Tensor

from capsprobe.data.images import ImageSet, grey_levels
from capsprobe.tables import SAMPLE_COLUMNS

SIZE = 4


class Gallery:
    """Collects samples while a probe goes from the clean images to ever larger severities.

    `clean` are the clean images, `answers` the sorted predictions for them. Only those
    recognised can become samples, each once, at the first severity that turns it wrong.
    """

    def __init__(
        self, condition: str, clean: ImageSet, answers: Int64[Tensor, "images labels"]
    ) -> None:
        self._condition = condition
        self._clean = clean
        self._answers = answers
        right = (answers == _sorted_labels(clean)).all(dim=1)
        self._places = {int(clean.ids[row]): row for row in right.nonzero().squeeze(1).tolist()}
        self._samples: list[dict[str, Any]] = []

    def look(
        self, severity: float, images: ImageSet, answers: Int64[Tensor, "images labels"]
    ) -> None:
        """Take up images that are wrong now; they are found among the clean ones by their ids."""
        wrong = (answers != _sorted_labels(images)).any(dim=1).nonzero().squeeze(1)
        for row in wrong.tolist():
            place = self._places.pop(int(images.ids[row]), None)
            if place is not None and len(self._samples) < SIZE:
                self._samples.append(self._sample(severity, images, answers, row, place))

    def table(self) -> pd.DataFrame:
        """Return the samples, with the columns of tables.SAMPLE_COLUMNS."""
        return pd.DataFrame(self._samples, columns=list(SAMPLE_COLUMNS))

    def _sample(
        self, severity: float, images: ImageSet, answers: Tensor, row: int, place: int
    ) -> dict[str, Any]:
        return {
            "condition": self._condition,
            "severity": severity,
            "unit_id": int(images.ids[row]),
            "label": _text(_sorted_labels(images)[row]),
            "clean_prediction": _text(self._answers[place]),
            "prediction": _text(answers[row]),
            "height": images.size[0],
            "width": images.size[1],
            "clean": grey_levels(self._clean.images[place]),
            "perturbed": grey_levels(images.images[row]),
        }


def _sorted_labels(images: ImageSet) -> Int64[Tensor, "images labels"]:
    return images.labels.reshape(len(images), -1).sort(dim=1).values


def _text(classes: Int64[Tensor, " labels"]) -> str:
    return "+".join(str(each) for each in classes.tolist())
