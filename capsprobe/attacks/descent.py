"""Projected gradient descent by runs, each on the images that no run before it has broken.

Of all iterates the one that errs most is kept: torchattacks returns the last, which a fixed step
may have carried back over the boundary.
"""

from collections.abc import Callable

import torch
from jaxtyping import Float, Int64
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
_NEAREST, _STARTS = 8, 16


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
    many images at a quarter of the price, and some that smaller steps do not. A last run of
    twice the steps starts several times from each of the few that are nearest to breaking,
    where more effort pays. `search` makes one run of so many steps on a module.
    """
    found = images.clone()
    errors = torch.full(labels.shape, -torch.inf, device=images.device)
    for count in (max(1, steps // _SHORT), *[steps] * restarts, 2 * steps):
        last = count > steps
        rows = _nearest(errors) if last else (errors <= 0.0).nonzero().squeeze(1)
        if len(rows) == 0:
            break
        copies = max(1, _STARTS // len(rows)) if last else 1
        again = rows.repeat_interleave(copies)
        watch = Watch(mapped, images[again], labels[again])
        end = search(watch, count)(images[again], labels[again])
        with torch.no_grad():
            watch(end)
        deepest, place = watch.errors.unflatten(0, (-1, copies)).max(dim=1)
        tried = watch.kept.unflatten(0, (-1, copies))[range(len(rows)), place]
        deeper = deepest > errors[rows]
        found[rows[deeper]], errors[rows[deeper]] = tried[deeper], deepest[deeper]
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

    `errors` says how far: above zero it was classified wrongly. Every pass must hold the same
    images in the same order.
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
        self.errors = torch.full(labels.shape, -torch.inf, device=images.device)

    def forward(self, images: Float[Tensor, IMAGES]) -> Float[Tensor, SCORES]:
        """Return the mapped scores, and take note."""
        mapped = self.mapped(images)
        errors = _behind(mapped.detach(), self._labels)
        deeper = errors > self.errors
        self.errors = torch.where(deeper, errors, self.errors)
        self.kept = torch.where(deeper[:, None, None, None], images.detach(), self.kept)
        return mapped


def _nearest(errors: Float[Tensor, " images"]) -> Int64[Tensor, " few"]:
    """Return the standing images that came nearest to breaking."""
    order = errors.masked_fill(errors > 0.0, -torch.inf).argsort(descending=True)
    return order[: min(_NEAREST, int((errors <= 0.0).sum()))]


def _behind(
    scores: Float[Tensor, SCORES], labels: Int64[Tensor, " images"]
) -> Float[Tensor, " images"]:
    """Return by how much the label is behind the best other class; negative where it leads."""
    truth = scores.gather(1, labels[:, None])
    others = scores.scatter(1, labels[:, None], -torch.inf)
    return others.amax(dim=1) - truth[:, 0]
