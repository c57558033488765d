"""What an attack sees of a network's scores: maps that change gradients and no decision.

A margin loss is exactly flat once the right length is at least 0.9 and all others at most 0.1,
and squash saturates: its slope is 0.06 at a length of 0.9 and 0.002 at 0.99. An attack on the
lengths alone then follows gradients near zero and finds little, although the decision is no
harder to change. The log odds of a length, ln(l / (1 - l)) = 2 ln|s|, grow without that bound.
So attacks run on more than one map, and for each image the worst result counts.
"""

from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import one_hot

from capsprobe.faults import UsageFault
from capsprobe.models.base import Scores, as_logits
from capsprobe.registry import unknown
from capsprobe.shapes import SCORES

OutputMap = Callable[[Float[Tensor, SCORES], Scores], Float[Tensor, SCORES]]
# Three best that are equal have no spread to divide by.
_NEVER_ZERO = 1e-12


def scores(raw: Float[Tensor, SCORES], kind: Scores) -> Float[Tensor, SCORES]:
    """Return lengths or logits as they come."""
    del kind
    return raw.clone()


def logits(raw: Float[Tensor, SCORES], kind: Scores) -> Float[Tensor, SCORES]:
    """Return scores on the logit scale."""
    return as_logits(raw, kind).clone()


def margin(raw: Float[Tensor, SCORES], kind: Scores) -> Float[Tensor, SCORES]:
    """Return how far each class is ahead of its best rival, asinh(z_j - max_{k != j} z_k).

    z are the scores on the logit scale. asinh is the identity near zero and a logarithm far
    from it: the softmax of plain margins above 50 would underflow, and a network with large
    logits seem robust.
    """
    return torch.asinh(_ahead(as_logits(raw, kind)))


def dlr(raw: Float[Tensor, SCORES], kind: Scores) -> Float[Tensor, SCORES]:
    """Return how far each class is ahead of its best rival, by the spread of the best three.

    (z_j - max_{k != j} z_k) / (z_(1) - z_(3)), the difference of logits ratio of Croce and Hein
    2020: no scale or shift of the logits changes it. With two classes there is no third, and the
    ratio would be a constant: the spread of one is taken.
    """
    logits = as_logits(raw, kind)
    ahead = _ahead(logits)
    if logits.shape[1] < 3:
        return ahead
    best = logits.topk(3, dim=1).values
    return ahead / (best[:, :1] - best[:, 2:] + _NEVER_ZERO)


OUTPUT_MAPS: dict[str, OutputMap] = {
    "scores": scores,
    "logits": logits,
    "margin": margin,
    "dlr": dlr,
}


def distinct(names: Sequence[str], kind: Scores) -> tuple[str, ...]:
    """Return the maps without the one that says the same again: logits need no map to be logits."""
    if kind == "logits" and "scores" in names:
        return tuple(name for name in names if name != "logits")
    return tuple(names)


def _ahead(logits: Float[Tensor, SCORES]) -> Float[Tensor, SCORES]:
    """Return z_j - max_{k != j} z_k."""
    best = logits.topk(2, dim=1)
    leads = one_hot(best.indices[:, 0], logits.shape[1]).bool()
    rivals = torch.where(leads, best.values[:, 1:], best.values[:, :1])
    return logits - rivals


def check_map(name: str) -> None:
    """Raise UsageFault where there is no such output map."""
    if name not in OUTPUT_MAPS:
        raise UsageFault(unknown("output map", name, tuple(OUTPUT_MAPS)))


def check_maps(names: Sequence[str]) -> None:
    """Raise UsageFault where there is no such output map, or none, or one twice."""
    for name in names:
        check_map(name)
    if not names or len(set(names)) < len(names):
        listed = ", ".join(names) or "none"
        raise UsageFault(f"expected one output map or more, each once, got {listed}")
