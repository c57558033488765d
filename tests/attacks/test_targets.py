import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from capsprobe.attacks.targets import ratio_to, rivals

SHAPES = st.tuples(st.integers(1, 4), st.integers(2, 8))
LOGITS = hnp.arrays(np.float64, SHAPES, elements=st.floats(-50.0, 50.0))


@given(LOGITS, st.integers(1, 9))
def test_rivals_are_the_other_classes_by_their_scores(logits, most):
    labels = torch.arange(len(logits)) % logits.shape[1]
    scores = torch.from_numpy(logits).float()
    found = rivals(lambda _: scores, torch.zeros(len(logits), 1, 1, 1), labels, most=most)
    assert found.shape == (len(logits), min(most, logits.shape[1] - 1))
    for row, label, targets in zip(scores, labels, found, strict=True):
        assert label not in targets and len(set(targets.tolist())) == len(targets)
        others = np.delete(row.numpy(), int(label))
        assert row[targets].tolist() == sorted(others, reverse=True)[: len(targets)]


@given(LOGITS)
def test_the_ratio_equals_a_slow_loop(logits):
    classes = logits.shape[1]
    labels = torch.arange(len(logits)) % classes
    targets = (labels + 1) % classes
    found = ratio_to(torch.from_numpy(logits).float(), labels, targets)
    for row, label, target, value in zip(logits, labels, targets, found, strict=True):
        ahead, best = row[int(label)] - row[int(target)], np.sort(row)[::-1]
        spread = best[0] - (best[2] + best[3]) / 2.0 + 1e-12 if classes > 3 else 1.0
        assert value.item() == pytest.approx(-ahead / spread, rel=1e-2, abs=1e-2)
