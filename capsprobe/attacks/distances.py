"""How far each image is from the nearest that errs, as attacks that seek it found.

One run fills a whole curve: within an epsilon the image is broken where the distance is no more.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Float64, Int64
from torch import Tensor

from capsprobe.attacks.curve import Curve
from capsprobe.attacks.nearest import MinimumNorm
from capsprobe.attacks.norms import Norm, largest, sizes
from capsprobe.models.base import Network
from capsprobe.models.inference import score, top
from capsprobe.shapes import IMAGES


@dataclass(frozen=True, kw_only=True)
class Nearest:
    """The nearest image that errs, of what was found, for each clean one.

    `distances` is 0 where the clean image is wrong itself, infinite where nothing was found;
    `images` and `predictions` are then the clean ones. Where the attack could not begin the image
    is not `attacked`: its distance is not known to be large.
    """

    distances: Float64[Tensor, " images"]
    images: Float[Tensor, IMAGES]
    predictions: Int64[Tensor, " images"]
    attacked: Bool[Tensor, " images"]

    def curve(self, clean: Curve, epsilons: Sequence[float]) -> Curve:
        """Return what is broken within each epsilon; what is farther than all is not."""
        grid = torch.tensor([0.0, *sorted(epsilons), torch.inf], dtype=torch.float64)
        grid = grid.to(self.distances.device)
        smallest = grid[torch.searchsorted(grid, self.distances)]
        within = smallest.isfinite()
        return Curve(
            smallest=smallest,
            images=torch.where(within[:, None, None, None], self.images, clean.images),
            predictions=torch.where(within, self.predictions, clean.predictions),
        )


def found_by(
    attack: MinimumNorm,
    network: Network,
    clean: Curve,
    labels: Int64[Tensor, " images"],
    *,
    seed: int,
    output_maps: Sequence[str],
) -> Nearest:
    """Return what an attack finds, for each image the nearest over output maps.

    `clean` is the curve of the unattacked images; those that are wrong when clean are left alone.
    What was found counts where the network itself, in single precision, errs on it.
    """
    found = from_curve(clean, clean.images, attack.norm)
    rows = (found.distances > 0.0).nonzero().squeeze(1)
    found.attacked[rows] = False
    reach = largest(attack.norm, pixels=clean.images[0].numel()) if len(clean.images) else 1.0
    for output_map in output_maps if len(rows) else ():
        tried = attack(
            network,
            clean.images[rows],
            labels[rows],
            epsilon=reach,
            seed=seed,
            output_map=output_map,
        )
        found.attacked[rows] |= attack.begun(tried, clean.images[rows])
        answers = top(score(network, tried), count=1)[:, 0]
        size = sizes(tried - clean.images[rows], attack.norm)
        nearer = (answers != labels[rows]) & (size < found.distances[rows])
        found.distances[rows[nearer]] = size[nearer]
        found.images[rows[nearer]] = tried[nearer]
        found.predictions[rows[nearer]] = answers[nearer]
    return found


def from_curve(curve: Curve, clean: Float[Tensor, IMAGES], norm: Norm) -> Nearest:
    """Return the distances of the images that attacks within epsilons broke."""
    broken = curve.smallest.isfinite()
    found = curve.norms(clean, norm)
    return Nearest(
        distances=torch.where(broken, found, torch.inf),
        images=curve.images.clone(),
        predictions=curve.predictions.clone(),
        attacked=torch.ones_like(broken),
    )
