"""Projected gradient descent by runs, each on the images that no run before it has broken.

Of all iterates the one that errs most is kept: torchattacks returns the last, which a fixed step
may have carried back over the boundary.
"""

from collections.abc import Callable

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor, nn

from capsprobe.faults import UsageFault
from capsprobe.shapes import IMAGES, SCORES

Search = Callable[
    [Float[Tensor, IMAGES], Int64[Tensor, " images"]],
    Float[Tensor, IMAGES],
]
# The steps carry an image across the budget and a quarter more, as in Madry et al. 2018;
# torchattacks' own step would not reach the edge of a large budget.
_REACH = 2.5
_SHORT = 4


def descend(
    mapped: nn.Module,
    images: Float[Tensor, IMAGES],
    labels: Int64[Tensor, " images"],
    *,
    steps: int,
    restarts: int,
    search: Callable[[nn.Module, int], Search],
) -> Float[Tensor, IMAGES]:
    """Return for each image the one that errs most, of all that the runs tried.

    A short run with longer steps goes first, then `restarts` full ones: the short one breaks
    many images at a quarter of the price, and some that smaller steps do not. `search` makes
    one run of so many steps on a module.
    """
    found = images.clone()
    standing = torch.arange(len(images), device=images.device)
    for count in (max(1, steps // _SHORT), *[steps] * restarts):
        watch = Watch(mapped, images[standing], labels[standing])
        last = search(watch, count)(images[standing], labels[standing])
        with torch.no_grad():
            watch(last)
        found[standing] = watch.kept
        standing = standing[~watch.broken]
        if len(standing) == 0:
            break
    return found


def step_size(epsilon: float, steps: int) -> float:
    """Return 2.5 eps / steps."""
    return _REACH * epsilon / steps


def check_descent(*, steps: int, restarts: int) -> None:
    """Raise UsageFault where steps or restarts are below one."""
    if steps < 1:
        raise UsageFault(f"expected steps >= 1, got {steps}")
    if restarts < 1:
        raise UsageFault(f"expected restarts >= 1, got {restarts}")


class Watch(nn.Module):
    """Passes images on and keeps, row by row, the one whose label is farthest behind.

    Every pass must hold the same images in the same order.
    """

    def __init__(
        self,
        mapped: nn.Module,
        images: Float[Tensor, IMAGES],
        labels: Int64[Tensor, " images"],
    ) -> None:
        super().__init__()
        self.mapped = mapped
        self.kept = images.clone()
        self._labels = labels
        self._errors = torch.full(labels.shape, -torch.inf, device=images.device)

    @property
    def broken(self) -> Bool[Tensor, " images"]:
        """Return which images were classified wrongly at least once."""
        return self._errors > 0.0

    def forward(self, images: Float[Tensor, IMAGES]) -> Float[Tensor, SCORES]:
        """Return the mapped scores, and take note."""
        mapped = self.mapped(images)
        errors = _behind(mapped.detach(), self._labels)
        deeper = errors > self._errors
        self._errors = torch.where(deeper, errors, self._errors)
        self.kept = torch.where(deeper[:, None, None, None], images.detach(), self.kept)
        return mapped


def _behind(
    scores: Float[Tensor, SCORES], labels: Int64[Tensor, " images"]
) -> Float[Tensor, " images"]:
    """Return by how much the label is behind the best other class; negative where it leads."""
    truth = scores.gather(1, labels[:, None])
    others = scores.scatter(1, labels[:, None], -torch.inf)
    return others.amax(dim=1) - truth[:, 0]
