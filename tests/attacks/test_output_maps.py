"""Output maps turn no decision, and give gradients where lengths give none."""

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from capsprobe.attacks.output_maps import OUTPUT_MAPS, distinct, dlr, margin, scores
from capsprobe.data.views import load_images
from capsprobe.models.base import as_logits
from capsprobe.models.checkpoints import load_model

SHAPES = st.tuples(st.integers(1, 4), st.integers(2, 10))
LOGITS = hnp.arrays(np.float32, SHAPES, elements=st.floats(-1e4, 1e4, width=32))


@given(LOGITS)
def test_margins_keep_decisions(logits):
    raw = torch.from_numpy(logits)
    best = raw.topk(2, dim=1).values
    found = margin(raw, "logits")
    leads = best[:, 0] > best[:, 1]
    assert torch.equal(found.argmax(dim=1)[leads], raw.argmax(dim=1)[leads])
    assert ((found > 0.0).sum(dim=1) == leads.long()).all()


@given(LOGITS)
def test_margins_equal_a_slow_loop(logits):
    expected = np.array(
        [
            [np.arcsinh(row[j] - np.delete(row, j).max()) for j in range(len(row))]
            for row in logits.astype(np.float64)
        ]
    )
    found = margin(torch.from_numpy(logits), "logits").numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


@given(LOGITS)
def test_ratios_equal_a_slow_loop(logits):
    def ratio(row, j):
        third = np.sort(row)[-3] if len(row) > 2 else row.max() - 1.0
        return (row[j] - np.delete(row, j).max()) / (row.max() - third + 1e-12)

    expected = np.array([[ratio(row, j) for j in range(len(row))] for row in logits.astype(float)])
    found = dlr(torch.from_numpy(logits), "logits").numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_no_scale_and_no_shift_of_logits_changes_a_ratio():
    raw = torch.randn(5, 10, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(dlr(1000.0 * raw + 7.0, "logits"), dlr(raw, "logits"))


@pytest.mark.parametrize("kind", ["logits", "lengths"])
@pytest.mark.parametrize("classes", [2, 3, 10])
@pytest.mark.parametrize("name", list(OUTPUT_MAPS))
def test_every_map_keeps_decisions_and_has_a_gradient(name, classes, kind):
    generator = torch.Generator().manual_seed(classes)
    raw = torch.rand(20, classes, generator=generator).mul(0.9).add(0.05).requires_grad_()
    found = OUTPUT_MAPS[name](raw, kind)
    assert torch.equal(found.argmax(dim=1), raw.argmax(dim=1))
    (gradient,) = torch.autograd.grad(found.log_softmax(dim=1)[:, 0].sum(), raw)
    assert (gradient.abs().sum(dim=1) > 0.0).all()


def test_logits_need_no_map_to_be_logits():
    names = ("margin", "scores", "logits")
    assert distinct(names, "logits") == ("margin", "scores")
    assert distinct(names, "lengths") == names
    assert distinct(("logits",), "logits") == ("logits",)


def test_scores_are_a_copy_as_they_come():
    raw = torch.tensor([[0.2, 0.9]])
    found = scores(raw, "lengths")
    assert torch.equal(found, raw) and found.data_ptr() != raw.data_ptr()


def test_the_logit_of_a_capsule_is_twice_the_log_of_its_norm_before_squash():
    network, images = load_model("capsnet"), load_images("digits").limit(20)
    with torch.no_grad():
        trace = network.trace(images.images)
        votes = trace.votes.double().transpose(1, 2)
        rows = trace.coefficients[-1].double().transpose(1, 2).unsqueeze(2)
        before = torch.matmul(rows, votes).squeeze(2).norm(dim=2)
        found = as_logits(network(images.images), "lengths").double()
    torch.testing.assert_close(found, 2.0 * before.log(), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("length", [0.9, 0.99])
def test_the_logit_does_not_flatten_where_squash_does(length):
    # squash: l = n^2 / (1 + n^2), so n = sqrt(l / (1 - l)).
    norm = torch.tensor((length / (1.0 - length)) ** 0.5, dtype=torch.float64, requires_grad=True)
    squashed = norm**2 / (1.0 + norm**2)
    slope = torch.autograd.grad(squashed, norm, retain_graph=True)[0].item()
    steep = torch.autograd.grad(as_logits(squashed.reshape(1, 1), "lengths").sum(), norm)[0].item()
    assert slope == pytest.approx({0.9: 0.06, 0.99: 0.002}[length], rel=0.06)
    assert steep == pytest.approx(2.0 / norm.item(), rel=1e-6)
