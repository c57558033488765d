"""Whether a network knows when it is wrong: its highest score as confidence, also when turned."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
import torch
from jaxtyping import Bool, Float64
from sklearn.linear_model import LogisticRegression
from torch import Tensor

from capsprobe.data.draws import draw_each, signs
from capsprobe.data.images import ImageSet
from capsprobe.data.warp import linear_maps, warp_held
from capsprobe.embeddings.calibration import brier_terms, calibration_terms
from capsprobe.embeddings.ranking import auroc_terms
from capsprobe.faults import UsageFault
from capsprobe.models.base import Network, as_lengths
from capsprobe.models.inference import score
from capsprobe.probes.base import Probe, probes, together
from capsprobe.tables import CORRECT, Condition, Measurement, Metric, observe

_CONDITION = "confidence/rotation"
_CUT = "ink would leave the canvas"
_ALL_ALIKE = "all answers right, or all wrong: nothing to tell apart"
_NO_ERRORS = "no errors among the validation images, so that nothing could be fitted"
_LEAST = 1e-6
_WIDEST = 1e6

CONFIDENCE = Metric(
    name="confidence", lower=0.0, upper=1.0, description="the highest score, on a scale of 0 to 1"
)
CALIBRATION = Metric(
    name="calibration_error",
    lower=-1.0,
    upper=1.0,
    description="expected calibration error in 15 bins, share of each image",
)
FITTED = Metric(
    name="calibration_error_fitted",
    lower=-1.0,
    upper=1.0,
    description="the same after Platt scaling on validation images",
)
BRIER = Metric(
    name="brier", lower=0.0, upper=1.0, description="squared distance of confidence and being right"
)
ERROR_AUROC = Metric(
    name="error_auroc",
    lower=-_WIDEST,
    upper=_WIDEST,
    description="AUROC of the confidence, right against wrong: pseudo-values, by image",
)
_METRICS = (CORRECT, CONFIDENCE, CALIBRATION, FITTED, BRIER, ERROR_AUROC)


@probes.register("confidence")
@dataclass(frozen=True, kw_only=True)
class Confidence(Probe):
    """Take the highest score for the confidence that the answer is right, and see whether it is.

    The longest capsule's length, or the sigmoid of the highest logit: every shipped network is
    trained by a loss on these. Lengths and logits are no common scale, so the error of calibration
    is also asked after Platt scaling on validation images, and the AUROC for own errors knows ranks
    only. Digits are turned by so many degrees, either way, where a confidence that means something
    would fall.
    """

    name: ClassVar = "confidence"
    question: ClassVar = "Does its activation say how sure it may be?"
    metrics: ClassVar = _METRICS
    calibrates: ClassVar = True

    rotation: tuple[float, ...] = (0.0, 15.0, 30.0, 45.0, 60.0)
    cut: float = 0.001

    def __post_init__(self) -> None:
        """Raise UsageFault where an angle cannot be meant, or the clean one is missing."""
        outside = [each for each in self.rotation if not 0.0 <= each <= 180.0]
        if outside or 0.0 not in self.rotation or len(set(self.rotation)) < len(self.rotation):
            raise UsageFault(
                f"expected rotation from 0 to 180, once each and with 0, got {self.rotation}"
            )
        if not 0.0 <= self.cut < 1.0:
            raise UsageFault(f"expected cut in [0, 1), got {self.cut:g}")

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Return the turned digits."""
        return (Condition(name=_CONDITION, unit="deg", description="turned, sign by chance"),)

    def measure(
        self, network: Network, images: ImageSet, rng: np.random.Generator, part: str
    ) -> Measurement:
        """Return confidence, being right, and what the two make, one number an image."""
        scaling = _scaling(network, images.validation)
        turns = signs(draw_each(rng, images.ids, count=1)[:, 0])
        tables: list[pd.DataFrame] = []
        left_out = {_CUT: 0, _ALL_ALIKE: 0, _NO_ERRORS: 0}
        for degrees in sorted(self.rotation):
            maps = linear_maps(len(images), rotation=degrees * turns)
            turned, lost = warp_held(images.images, maps, canvas=network.frame.canvas)
            kept = (lost <= self.cut).nonzero().squeeze(1)
            left_out[_CUT] += len(images) - len(kept)
            if len(kept) == 0:
                continue
            sure, right = _answers(network, turned[kept], images.labels[kept])
            found = dict(_found(sure, right, scaling))
            left_out[_ALL_ALIKE] += len(kept) * (ERROR_AUROC not in found)
            left_out[_NO_ERRORS] += len(kept) * (FITTED not in found)
            tables += [
                observe(
                    condition=_CONDITION,
                    severity=degrees,
                    unit="image",
                    unit_ids=images.ids[kept].numpy(),
                    metric=metric,
                    values=values,
                )
                for metric, values in found.items()
            ]
        return Measurement(
            observations=together(tables),
            left_out={reason: count for reason, count in left_out.items() if count},
        )


def _answers(
    network: Network, images: Tensor, labels: Tensor
) -> tuple[Float64[np.ndarray, " images"], Bool[np.ndarray, " images"]]:
    """Return how sure the network is of its answers, and whether they are right."""
    scores = score(network, images)
    sure, named = as_lengths(scores, network.scores).double().clamp(0.0, 1.0).max(dim=1)
    return sure.numpy(), (named == labels).numpy()


def _found(
    sure: Float64[np.ndarray, " images"],
    right: Bool[np.ndarray, " images"],
    scaling: LogisticRegression | None,
) -> Iterator[tuple[Metric, Float64[np.ndarray, " images"]]]:
    yield CORRECT, right.astype(np.float64)
    yield CONFIDENCE, sure
    yield CALIBRATION, calibration_terms(sure, right)
    yield BRIER, brier_terms(sure, right)
    if scaling is not None:
        yield FITTED, calibration_terms(scaling.predict_proba(_odds(sure))[:, 1], right)
    if right.any() and not right.all():
        higher, lower = auroc_terms(sure[right], sure[~right])
        terms = np.empty(len(sure))
        terms[right], terms[~right] = higher, lower
        yield ERROR_AUROC, terms


def _scaling(network: Network, validation: ImageSet | None) -> LogisticRegression | None:
    """Return Platt's scaling of the confidence, fitted on validation images; none without errors.

    One slope and one intercept on the log odds (Platt 1999).
    """
    if validation is None:
        return None
    sure, right = _answers(network, validation.images, validation.labels)
    if right.all() or not right.any():
        return None
    return LogisticRegression(C=np.inf, max_iter=1000).fit(_odds(sure), right)


def _odds(sure: Float64[np.ndarray, " images"]) -> Float64[np.ndarray, "images 1"]:
    within = torch.from_numpy(sure).clamp(_LEAST, 1.0 - _LEAST)
    return torch.logit(within).numpy()[:, None]
