"""Losses that every head can be trained with, whatever its scores are."""

from collections.abc import Callable
from typing import Literal

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from capsprobe.models.base import Scores, as_lengths, as_logits
from capsprobe.shapes import SCORES

LossName = Literal["margin", "cross-entropy"]
Loss = Callable[[Float[Tensor, SCORES], Float[Tensor, SCORES], Scores], Float[Tensor, ""]]

PRESENT = 0.9
ABSENT = 0.1
ABSENT_WEIGHT = 0.5


def margin(
    scores: Float[Tensor, SCORES], targets: Float[Tensor, SCORES], kind: Scores
) -> Float[Tensor, ""]:
    """Return sum_k T_k max(0, m+ - l_k)^2 + lambda (1 - T_k) max(0, l_k - m-)^2, mean over images.

    m+ = 0.9, m- = 0.1, lambda = 0.5 (Sabour et al. 2017, eq. 4). Logits enter as sigmoid(z).
    """
    lengths = as_lengths(scores, kind)
    present = targets * (PRESENT - lengths).clamp(min=0.0).square()
    absent = (1.0 - targets) * (lengths - ABSENT).clamp(min=0.0).square()
    return (present + ABSENT_WEIGHT * absent).sum(dim=1).mean()


def cross_entropy(
    scores: Float[Tensor, SCORES], targets: Float[Tensor, SCORES], kind: Scores
) -> Float[Tensor, ""]:
    """Return the softmax cross-entropy of the logits; several targets share the mass evenly."""
    shares = targets / targets.sum(dim=1, keepdim=True)
    logs = torch.log_softmax(as_logits(scores, kind), dim=1)
    return -(shares * logs).sum(dim=1).mean()


LOSSES: dict[LossName, Loss] = {"margin": margin, "cross-entropy": cross_entropy}


def targets(labels: Int64[Tensor, "images ..."], *, classes: int) -> Float[Tensor, SCORES]:
    """Return one row an image with a one at every label."""
    several = labels.reshape(len(labels), -1)
    return torch.zeros(len(labels), classes, device=labels.device).scatter(1, several, 1.0)
