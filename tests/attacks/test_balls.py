"""One step of ours is one step of torchattacks; starts lie in the ball."""

import pytest
import torch
import torchattacks
from hypothesis import given
from hypothesis import strategies as st

from capsprobe.attacks.balls import L2Ball, LinfBall
from capsprobe.attacks.norms import sizes
from tests.attacks.toys import Linear, answers, middling

BALLS = [(LinfBall, "linf", torchattacks.PGD), (L2Ball, "l2", torchattacks.PGDL2)]
every_ball = pytest.mark.parametrize(("ball", "norm", "theirs"), BALLS)


@every_ball
@pytest.mark.parametrize("size", [0.01, 0.2])
def test_a_step_is_that_of_torchattacks(ball, norm, theirs, size):
    network, clean = Linear().eval(), middling()
    labels = answers(network, clean)
    pixels = clean.clone().requires_grad_()
    loss = torch.nn.functional.cross_entropy(network(pixels), labels)
    (gradient,) = torch.autograd.grad(loss, pixels)
    mine = ball(0.1).step(clean, clean, gradient, size=size)
    expected = theirs(network, eps=0.1, alpha=size, steps=1, random_start=False)(clean, labels)
    torch.testing.assert_close(mine, expected, atol=1e-6, rtol=0.0)


@every_ball
@given(epsilon=st.floats(0.001, 1.0), seed=st.integers(0, 1000))
def test_starts_lie_in_the_ball_and_in_the_box(ball, norm, theirs, epsilon, seed):
    clean = middling()
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        start = ball(epsilon).start(clean)
    assert 0.0 <= start.min() and start.max() <= 1.0
    assert sizes(start - clean, norm).max() <= epsilon * (1.0 + 1e-5)
    assert not torch.equal(start, clean)


def test_a_gradient_of_nothing_moves_nothing():
    clean = middling()
    for ball in (LinfBall(0.1), L2Ball(0.1)):
        assert torch.equal(ball.step(clean, clean, torch.zeros_like(clean), size=0.1), clean)


def test_a_tiny_gradient_makes_a_whole_step():
    clean = middling()
    moved = L2Ball(0.5).step(clean, clean, torch.full_like(clean, 1e-25), size=0.1)
    torch.testing.assert_close(sizes(moved - clean, "l2"), torch.full((12,), 0.1).double())
