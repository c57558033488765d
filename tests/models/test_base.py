import hypothesis.extra.numpy as arrays
import hypothesis.strategies as st
import numpy as np
import torch
from hypothesis import given
from scipy.special import expit, logit

from capsprobe.models.base import as_lengths, as_logits
from capsprobe.routing.base import length, squash

LENGTHS = arrays.arrays(np.float64, (3, 4), elements=st.floats(1e-5, 1 - 1e-5))


@given(LENGTHS)
def test_the_logit_of_a_length_is_scipys(lengths):
    found = as_logits(torch.from_numpy(lengths), "lengths")
    np.testing.assert_allclose(found.numpy(), logit(lengths), rtol=1e-9, atol=1e-12)


@given(LENGTHS)
def test_the_length_of_a_logit_is_scipys(scores):
    found = as_lengths(torch.from_numpy(scores), "logits")
    np.testing.assert_allclose(found.numpy(), expit(scores), rtol=1e-12)


def test_the_logit_of_a_squashed_length_is_twice_the_log_of_the_norm():
    pose = torch.tensor([[3.0, 4.0], [0.3, 0.4]], dtype=torch.float64)
    found = as_logits(length(squash(pose))[None], "lengths")
    torch.testing.assert_close(found, 2.0 * torch.log(length(pose))[None], rtol=1e-5, atol=1e-5)


def test_scores_of_the_kind_asked_for_are_left_alone():
    scores = torch.tensor([[0.2, 0.9]])
    assert as_logits(scores, "logits") is scores
    assert as_lengths(scores, "lengths") is scores


def test_lengths_of_zero_and_one_have_finite_logits():
    assert bool(torch.isfinite(as_logits(torch.tensor([[0.0, 1.0]]), "lengths")).all())
