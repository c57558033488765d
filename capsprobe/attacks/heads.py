"""Heads with two answers, each planted so that one image in an attack's reach is on the far side.

The active test of Zimmermann et al. (2022): images near a clean one and one planted image at the
edge of its ball are told apart by a linear head on the network's last features. The planted image
is an adversarial example of that head which is known to be there, so an attack has to find one.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Float64, Int64
from torch import Tensor

from capsprobe.attacks.chance import edge
from capsprobe.attacks.norms import Norm
from capsprobe.models.base import Embeds, Network
from capsprobe.shapes import IMAGES

FEATURES = "images features"
Features = Callable[[Float[Tensor, IMAGES]], Float[Tensor, FEATURES]]
# Images on the near side, the clean one among them; candidates for the far side; and others at
# the edge, to see what chance finds.
NEAR, FAR, CHANCE = 16, 8, 8
# Points on the near side come from the edge of a ball this much smaller, as in the paper's code.
_INNER = 0.95
# How far from the near side to the planted image the answers part: chance comes half the way.
_TIGHT = 0.9
# Singular values below this part of the largest are rounding of features in single precision.
_ROUNDING = 1e-5
# The planted image must keep this part of its lead when asked again.
_SURE = 0.5
_NEVER_ZERO = 1e-30


@dataclass(frozen=True, kw_only=True)
class Heads:
    """One head an image: `directions` . (features - `centres`), 1 where planted, below 0 near by.

    `planted` says where a head could be planted: where features tell the two sides apart. Other
    heads are all zeros.
    """

    directions: Float[Tensor, FEATURES]
    centres: Float[Tensor, FEATURES]
    planted: Bool[Tensor, " images"]

    def outputs(
        self, features: Float[Tensor, "few features"], rows: Int64[Tensor, " few"]
    ) -> Float[Tensor, " few"]:
        """Return the heads' outputs, above 0 on the far side; `rows` says whose head it is."""
        return (self.directions[rows] * (features - self.centres[rows])).sum(dim=1)


def features_of(network: Network, images: Float[Tensor, IMAGES]) -> Features:
    """Return what shows a network's last features: its embedding, or else its scores as they come.

    An embedding from which the network's own scores do not follow is none of its features.
    """
    if not isinstance(network, Embeds):
        return network
    with torch.no_grad():
        follows = torch.equal(network.classify(network.embed(images)), network(images))
    return network.embed if follows else network


def plant(features: Features, clean: Float[Tensor, IMAGES], *, norm: Norm, epsilon: float) -> Heads:
    """Return a head for each image, drawn from torch's global generator.

    Of a few candidates at the edge that one is planted which lies farthest beyond the near side.
    """
    with torch.no_grad():
        near = [clean]
        near += [edge(clean, norm=norm, epsilon=_INNER * epsilon) for _ in range(NEAR - 1)]
        seen = torch.stack([features(each) for each in near])
        far = torch.stack([edge(clean, norm=norm, epsilon=epsilon) for _ in range(FAR)])
        tried = [_between(seen, features(each)) for each in far]
        best = torch.stack([distance for _, _, distance in tried]).argmax(dim=0)
        rows = torch.arange(len(clean), device=clean.device)
        heads = Heads(
            directions=torch.stack([direction for direction, _, _ in tried])[best, rows],
            centres=torch.stack([centre for _, centre, _ in tried])[best, rows],
            planted=torch.stack([distance for _, _, distance in tried])[best, rows] > 0.0,
        )
        return _kept(heads, seen, features(far[best, rows]))


def _between(
    near: Float[Tensor, "points images features"], far: Float[Tensor, FEATURES]
) -> tuple[Float[Tensor, FEATURES], Float[Tensor, FEATURES], Float64[Tensor, " images"]]:
    """Return direction and centre of heads between points near and far, and the distance between.

    Along the least direction w that has w . (far - mean of near) = 1 and, as well as may be,
    w . (near - mean of near) = 0. A distance of 0 or less: the sides are not told apart.
    """
    points = torch.cat([near, far.unsqueeze(0)]).double().transpose(0, 1)
    middle = points[:, :-1].mean(dim=1)
    offsets = points - middle.unsqueeze(1)
    least = torch.linalg.pinv(offsets, rtol=_ROUNDING)[:, :, -1]
    along = (offsets @ least.unsqueeze(2)).squeeze(2)
    highest, planted = along[:, :-1].amax(dim=1), along[:, -1]
    gap = planted - highest
    scale = ((1.0 - _TIGHT) * gap).clamp(min=_NEVER_ZERO).reciprocal()
    direction = least * scale.unsqueeze(1)
    size = least.norm(dim=1).clamp(min=_NEVER_ZERO)
    # A head that rounding of the features alone could turn is none.
    rounding = torch.finfo(torch.float32).eps * points.abs().amax(dim=(1, 2))
    distance = (gap / size).where(direction.norm(dim=1) * rounding < _SURE, 0.0)
    part = (highest + _TIGHT * gap) / size
    centre = middle + least / size.unsqueeze(1) * part.unsqueeze(1)
    return direction.to(far.dtype), centre.to(far.dtype), distance


def _kept(
    heads: Heads, near: Float[Tensor, "points images features"], far: Float[Tensor, FEATURES]
) -> Heads:
    """Return the heads whose promise holds as they will be used: in single precision, once more."""
    rows = torch.arange(len(far), device=far.device)
    beyond = heads.outputs(far, rows) > _SURE
    before = torch.stack([heads.outputs(each, rows) for each in near]).amax(dim=0) < -_SURE
    kept = heads.planted & beyond & before
    wide = kept.unsqueeze(1)
    return Heads(
        directions=heads.directions.where(wide, 0.0),
        centres=heads.centres.where(wide, 0.0),
        planted=kept,
    )
