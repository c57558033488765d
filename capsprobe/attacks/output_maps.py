"""What an attack sees of a network's scores: maps that change gradients and no decision.

A margin loss is exactly flat once the right length is at least 0.9 and all others at most 0.1,
and squash saturates: its slope is 0.06 at a length of 0.9 and 0.002 at 0.99. An attack on the
lengths alone then follows gradients near zero and finds little, although the decision is no
harder to change. The log odds of a length, ln(l / (1 - l)) = 2 ln|s|, grow without that bound.
So attacks run on more than one map, and for each image the worst result counts.
"""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import one_hot

from capsprobe.models.base import Scores, as_logits
from capsprobe.shapes import SCORES

OutputMap = Callable[[Float[Tensor, SCORES], Scores], Float[Tensor, SCORES]]


def scores(raw: Float[Tensor, SCORES], kind: Scores) -> Float[Tensor, SCORES]:
    """Return lengths or logits as they come."""
    del kind
    return raw.clone()


def margin(raw: Float[Tensor, SCORES], kind: Scores) -> Float[Tensor, SCORES]:
    """Return how far each class is ahead of its best rival, asinh(z_j - max_{k != j} z_k).

    z are the scores on the logit scale. asinh is the identity near zero and a logarithm far
    from it: the softmax of plain margins above 50 would underflow, and a network with large
    logits seem robust.
    """
    logits = as_logits(raw, kind)
    best = logits.topk(2, dim=1)
    leads = one_hot(best.indices[:, 0], logits.shape[1]).bool()
    rivals = torch.where(leads, best.values[:, 1:], best.values[:, :1])
    return torch.asinh(logits - rivals)


OUTPUT_MAPS: dict[str, OutputMap] = {"scores": scores, "margin": margin}
