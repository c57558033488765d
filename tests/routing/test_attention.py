import math

import torch

from capsprobe.routing.attention import route_attention
from capsprobe.routing.base import squash

VOTES = torch.randn(2, 6, 3, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


def test_the_logits_are_scaled_products_of_all_pairs_of_votes_for_a_parent():
    pairs = torch.einsum("bijd,bkjd->bijk", VOTES, VOTES) / math.sqrt(4)
    torch.testing.assert_close(route_attention(VOTES).logits[-1], pairs.sum(dim=3))


def test_iterations_change_nothing():
    once, often = (route_attention(VOTES, iterations=r) for r in (1, 5))
    assert torch.equal(once.parents[-1], often.parents[-1])


def test_the_bias_enters_after_the_softmax():
    bias = torch.randn(6, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    trace, plain = route_attention(VOTES, bias=bias), route_attention(VOTES)
    assert torch.equal(trace.coefficients[-1], plain.coefficients[-1])
    sums = ((plain.coefficients[-1] + bias).unsqueeze(3) * VOTES).sum(dim=1)
    torch.testing.assert_close(trace.parents[-1], squash(sums))
