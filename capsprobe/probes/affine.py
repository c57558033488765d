"""Rotation, translation, scale and shear, one curve each, and the affNIST test."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float, Float64, Int64
from torch import Tensor

from capsprobe.data.affnist import CANVAS, affnist_twins
from capsprobe.data.draws import draw_each, pick, signs
from capsprobe.data.gallery import Gallery
from capsprobe.data.images import ImageSet
from capsprobe.data.views import ViewName
from capsprobe.data.warp import Values, linear_maps, warp_held, warp_whole
from capsprobe.faults import UsageFault
from capsprobe.models.base import Network
from capsprobe.models.inference import score, top
from capsprobe.probes.base import Probe, probes, together
from capsprobe.shapes import IMAGES, PLACED
from capsprobe.tables import CORRECT, Condition, Measurement, observe

_CUT = "ink would leave the canvas"
_AXES = ("rotation", "translation", "scale", "shear")
# Up, right, down, left, as (row, column).
_DIRECTIONS = np.array([[-1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [0.0, -1.0]])
# A severity, the images at it, and which of the base images they are; none is cropped.
Step = tuple[float, Float[Tensor, IMAGES], Int64[Tensor, " images"]]


@probes.register("affine")
@dataclass(frozen=True, kw_only=True)
class Affine(Probe):
    """Turn, move, resize and shear every digit and ask again.

    Each image keeps its sign (of rotation and shear) and its direction (of translation: up,
    right, down or left) along a curve. `scale` is the relative change of size, `shear` the
    tangent of the lean. Networks on the larger canvas see the digit in its middle, are moved
    farther, and take the affNIST test: severity 0 is the digit untransformed at the same place.
    Where ink would leave the canvas, a turned, resized or sheared image is pulled back by as few
    whole pixels as hold it; one of which still more than `cut` would be lost is left out.
    """

    name: ClassVar = "affine"
    question: ClassVar = "How much turning, moving, resizing and shearing does it bear?"
    metrics: ClassVar = (CORRECT,)

    rotation: tuple[float, ...] = tuple(float(degrees) for degrees in range(0, 181, 15))
    translation: tuple[float, ...] = (0.0, 1.0, 2.0, 3.0, 4.0)
    translation_placed: tuple[float, ...] = tuple(float(pixels) for pixels in range(9))
    scale: tuple[float, ...] = (-0.4, -0.3, -0.2, -0.1, 0.0, 0.1, 0.2, 0.3, 0.4)
    shear: tuple[float, ...] = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
    cut: float = 0.001

    def __post_init__(self) -> None:
        """Raise UsageFault where a severity cannot be meant, or the clean one is missing."""
        _check("rotation", self.rotation, 0.0, 180.0)
        _check("translation", self.translation, 0.0, float(CANVAS))
        _check("translation_placed", self.translation_placed, 0.0, float(CANVAS))
        _check("scale", self.scale, -0.9, 2.0)
        _check("shear", self.shear, 0.0, 2.0)
        if not 0.0 <= self.cut < 1.0:
            raise UsageFault(f"expected cut in [0, 1), got {self.cut:g}")

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Return the four curves and the affNIST test."""
        return (
            Condition(name="rotation", unit="deg", description="turned, sign by chance"),
            Condition(name="translation", unit="px", description="moved along one axis"),
            Condition(name="scale", unit="1", description="relative change of size"),
            Condition(name="shear", unit="1", description="sheared, sign by chance"),
            Condition(
                name="affnist",
                unit="1",
                description="0: untransformed at the same place, 1: under a random affine map",
            ),
        )

    def parts(self, view: ViewName) -> tuple[str, ...]:
        """Return the curves for single digits, and affNIST too for networks of placed ones."""
        return {"single": _AXES, "placed": (*_AXES, "affnist"), "pairs": ()}[view]

    def measure(
        self, network: Network, images: ImageSet, rng: np.random.Generator, part: str
    ) -> Measurement:
        """Return whether each image is still recognised at each severity."""
        canvas = network.frame.canvas
        if canvas < max(images.size):
            raise UsageFault(f"expected images up to {canvas} pixels wide, got {images.size}")
        if part == "affnist":
            steps = _affnist(images, rng, canvas)
        else:
            steps = self._sweep(images, rng, part, canvas)
        condition = next(each for each in self.conditions if each.name == part)
        return _measure(network, images, steps, condition)

    def _sweep(
        self, images: ImageSet, rng: np.random.Generator, part: str, canvas: int
    ) -> Iterator[Step]:
        """Yield the images at each severity, the clean ones first, the largest last."""
        draws = draw_each(rng, images.ids, count=1)[:, 0]
        larger = part == "translation" and canvas > max(images.size)
        severities = getattr(self, "translation_placed" if larger else part)
        for severity in sorted(severities, key=lambda each: (abs(each), each)):
            warped, lost = _warped(images.images, part, severity, draws, canvas=canvas)
            rows = (lost <= self.cut).nonzero().squeeze(1)
            yield severity, warped[rows], rows


def _check(name: str, severities: tuple[float, ...], low: float, high: float) -> None:
    outside = [each for each in severities if not low <= each <= high]
    if outside:
        raise UsageFault(f"expected {name} from {low:g} to {high:g}, got {outside[0]:g}")
    if 0.0 not in severities or len(set(severities)) != len(severities):
        raise UsageFault(f"expected {name} once each and with 0, got {severities}")


def _warped(
    images: Float[Tensor, IMAGES],
    part: str,
    severity: float,
    draws: Float[np.ndarray, " images"],
    *,
    canvas: int,
) -> tuple[Float[Tensor, PLACED], Float64[Tensor, " images"]]:
    """Return the images at a severity, and how much of each image's ink is cut."""
    if part == "translation":
        moves = severity * _DIRECTIONS[pick(draws, len(_DIRECTIONS))]
        whole = linear_maps(len(images))
        return warp_whole(images, whole, canvas=canvas, moves=torch.from_numpy(moves))
    signed = severity * signs(draws)
    named: dict[str, dict[str, Values]] = {
        "rotation": {"rotation": signed},
        "shear": {"shear": signed},
        "scale": {"scale_x": 1.0 + severity, "scale_y": 1.0 + severity},
    }
    return warp_held(images, linear_maps(len(images), **named[part]), canvas=canvas)


def _affnist(images: ImageSet, rng: np.random.Generator, canvas: int) -> Iterator[Step]:
    if canvas != CANVAS:
        raise UsageFault(f"expected a network for {CANVAS}x{CANVAS} images, got one for {canvas}")
    twins = affnist_twins(images, seed=int(rng.integers(2**31)))
    yield 0.0, twins.untransformed, twins.rows
    yield 1.0, twins.transformed.images, twins.rows


def _measure(
    network: Network, images: ImageSet, steps: Iterator[Step], condition: Condition
) -> Measurement:
    """Return whether each image is recognised at each severity, the clean one first."""
    tables: list[pd.DataFrame] = []
    gallery, left_out = Gallery(condition.name), 0
    for severity, pixels, rows in steps:
        left_out += len(images) - len(rows)
        if len(rows) == 0:
            continue
        shown = replace(images.take(rows), images=pixels)
        answers = top(score(network, pixels), count=1)
        tables.append(_observed(condition, severity, shown, answers))
        gallery.look(severity, shown, answers)
    return Measurement(
        observations=together(tables),
        samples=gallery.table(),
        left_out={_CUT: left_out} if left_out else {},
    )


def _observed(
    condition: Condition, severity: float, images: ImageSet, answers: Int64[Tensor, "images 1"]
) -> pd.DataFrame:
    return observe(
        condition=condition.name,
        severity=severity,
        unit="image",
        unit_ids=images.ids.numpy(),
        metric=CORRECT,
        values=(answers[:, 0] == images.labels).double().numpy(),
    )
