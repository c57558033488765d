"""A number an image, with what it says: what the measures of routing yield, batch by batch."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One metric under one condition after so many iterations, for each of a few images."""

    condition: str
    iteration: int
    metric: str
    values: Float[Tensor, " images"]


def joined(batches: Iterable[Iterable[Finding]]) -> Iterator[Finding]:
    """Yield the findings of several batches of images as those of all images together."""
    found: dict[tuple[str, int, str], list[Tensor]] = {}
    for batch in batches:
        for each in batch:
            place = each.condition, each.iteration, each.metric
            found.setdefault(place, []).append(each.values)
    for (condition, iteration, metric), values in found.items():
        yield Finding(
            condition=condition, iteration=iteration, metric=metric, values=torch.cat(values)
        )
