"""The losses against slow rewrites of their formulas, and against torch."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from capsprobe.training.losses import LOSSES, cross_entropy, margin, targets


def test_margin_equals_the_papers_sum_over_classes() -> None:
    lengths = torch.tensor([[0.95, 0.3, 0.05], [0.2, 0.5, 0.9]])
    wanted = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    slow = 0.0
    for image in range(2):
        for label in range(3):
            value, present = lengths[image, label].item(), wanted[image, label].item()
            slow += present * max(0.0, 0.9 - value) ** 2
            slow += 0.5 * (1 - present) * max(0.0, value - 0.1) ** 2
    assert margin(lengths, wanted, "lengths").item() == pytest.approx(slow / 2, abs=1e-6)


def test_margin_of_logits_is_that_of_their_sigmoid() -> None:
    logits = torch.tensor([[2.0, -1.0, 0.0]])
    wanted = torch.tensor([[0.0, 1.0, 0.0]])
    expected = margin(torch.sigmoid(logits), wanted, "lengths")
    assert torch.equal(margin(logits, wanted, "logits"), expected)


def test_margin_is_flat_once_all_is_right() -> None:
    lengths = torch.tensor([[0.95, 0.05]], requires_grad=True)
    margin(lengths, torch.tensor([[1.0, 0.0]]), "lengths").backward()
    assert lengths.grad is not None
    assert not lengths.grad.any()


def test_cross_entropy_of_single_labels_is_torchs() -> None:
    logits = torch.randn(5, 4, generator=torch.Generator().manual_seed(0))
    labels = torch.tensor([0, 3, 1, 1, 2])
    ours = cross_entropy(logits, targets(labels, classes=4), "logits")
    assert torch.allclose(ours, torch.nn.functional.cross_entropy(logits, labels))


def test_cross_entropy_of_lengths_is_that_of_their_log_odds() -> None:
    lengths = torch.tensor([[0.8, 0.3, 0.1]])
    wanted = torch.tensor([[1.0, 0.0, 0.0]])
    odds = torch.log(lengths / (1 - lengths))
    assert torch.allclose(
        cross_entropy(lengths, wanted, "lengths"), cross_entropy(odds, wanted, "logits")
    )


@given(st.integers(1, 6), st.integers(2, 7), st.integers(0, 1000))
def test_every_label_gets_a_one_and_nothing_else_does(images: int, classes: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels = np.stack([rng.choice(classes, size=2, replace=False) for _ in range(images)])
    rows = targets(torch.from_numpy(labels), classes=classes)
    assert torch.equal(rows.sum(dim=1), torch.full((images,), 2.0))
    assert all(rows[i, j] == 1.0 for i in range(images) for j in labels[i])


@pytest.mark.parametrize("name", sorted(LOSSES))
def test_no_loss_is_nan_at_the_ends_of_the_lengths(name: str) -> None:
    lengths = torch.tensor([[0.0, 1.0]], requires_grad=True)
    loss = LOSSES[name](lengths, torch.tensor([[1.0, 0.0]]), "lengths")
    loss.backward()
    assert torch.isfinite(loss)
    assert lengths.grad is not None
    assert torch.isfinite(lengths.grad).all()
