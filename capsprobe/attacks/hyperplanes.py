"""torchattacks' FAB, target by target, each image keeping the nearest that errs.

Called as it is, it leaves an image alone once one target was reached within its epsilon, and
resets the global generator, so that all batches share their starts.
"""

import torch
import torchattacks
from jaxtyping import Float, Int64
from torch import Tensor

from capsprobe.attacks.adapter import Adapter
from capsprobe.attacks.nearest import wide
from capsprobe.attacks.norms import Norm, sizes
from capsprobe.shapes import IMAGES

_NAMES = {"linf": "Linf", "l2": "L2"}
# How far from the clean image a restart begins, at most: half of these, the authors' defaults.
_RADIUS = {"linf": 0.3, "l2": 1.0}


def project_often(
    mapped: Adapter,
    images: Float[Tensor, IMAGES],
    labels: Int64[Tensor, " images"],
    *,
    norm: Norm,
    steps: int,
    restarts: int,
    targets: int,
) -> Float[Tensor, IMAGES]:
    """Return the nearest images that err over the likeliest targets and all restarts.

    The first run begins at the clean image, each other at a random one nearby.
    """
    search = torchattacks.FAB(
        mapped, norm=_NAMES[norm], eps=_RADIUS[norm], steps=steps, multi_targeted=True
    )
    best = images.clone()
    shortest = torch.full((len(images),), torch.inf, dtype=torch.float64, device=images.device)
    classes = mapped.network.frame.classes
    for place in range(2, 2 + min(targets, classes - 1)):
        search.target_class = place
        for restart in range(restarts):
            tried = search.attack_single_run_targeted(images, labels, use_rand_start=restart > 0)
            size = sizes(tried - images, norm)
            nearer = mapped.errs(tried, labels) & (size < shortest)
            best = torch.where(wide(nearer), tried, best)
            shortest = torch.where(nearer, size, shortest)
    return best
