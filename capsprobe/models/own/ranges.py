"""Whether a network wants its pixels in another range than the one it is given."""

from dataclasses import replace

import numpy as np
import torch
from scipy.stats import fisher_exact
from torch import nn

from capsprobe.data.images import ImageSet
from capsprobe.faults import ModelFault
from capsprobe.models.base import Frame, Network
from capsprobe.models.inference import accuracy
from capsprobe.models.own.adopted import adopt
from capsprobe.models.own.contract import Contract
from capsprobe.models.own.intake import stated

# Mean and std: MNIST's as torchvision's examples have them, [-1, 1], and [0, 255].
RANGES: dict[str, tuple[float, float]] = {
    "mean 0.1307 and std 0.3081": (0.1307, 0.3081),
    "[-1, 1] (mean 0.5 and std 0.5)": (0.5, 0.5),
    "[0, 255] (mean 0 and std 0.00392)": (0.0, 1.0 / 255.0),
}
# A network is asked about so many images, and has to be so much better in another range, more often
# than by chance: of a handful of images one decides nothing.
_IMAGES = 200
_BETTER = 0.2
_CHANCE = 0.001


def by_range(
    module: nn.Module, frame: Frame, contract: Contract, images: ImageSet
) -> dict[str, float]:
    """Return the accuracy on a few images in each range, that which is used first."""
    few = images.limit(_IMAGES)
    found = {"as it is": accuracy(adopt(module, frame, contract), few)}
    assert contract.intake is not None
    if not {"mean", "std"} & stated(module).keys():
        for name, (mean, std) in RANGES.items():
            other = replace(contract, intake=replace(contract.intake, mean=mean, std=std))
            found[name] = accuracy(adopt(module, frame, other), few)
    return found


def check_range(network: Network, module: nn.Module, contract: Contract, images: ImageSet) -> None:
    """Raise ModelFault where the network is much better in a range that it did not ask for."""
    with torch.no_grad():
        found = by_range(module, network.frame, contract, images)
    best = max(found, key=lambda name: found[name])
    if found[best] > found["as it is"] + _BETTER and not _by_chance(
        found["as it is"], found[best], min(len(images), _IMAGES)
    ):
        mean, std = RANGES[best]
        raise ModelFault(
            f"expected a network of pixels in [0, 1], got one that is right on "
            f"{found['as it is']:.0%} of them and on {found[best]:.0%} with {best}; if it was "
            f"trained so, set `preprocessing = {{'mean': {mean:.6g}, 'std': {std:.6g}}}` on it"
        )


def _by_chance(one: float, other: float, count: int) -> bool:
    """Return whether so many images may be right in one range and so many more in the other.

    By the exact test of two shares, as if the images were not the same: it is the more cautious.
    """
    right, more = round(one * count), round(other * count)
    table = np.array([[right, count - right], [more, count - more]])
    return bool(fisher_exact(table).pvalue > _CHANCE)
