import torch

from capsprobe.routing.means import cosine, nearness, softly, weighted_means, wholly


def test_a_parent_without_children_keeps_its_mean():
    points = torch.tensor([[[[1.0, 3.0], [5.0, 5.0]], [[3.0, 5.0], [7.0, 7.0]]]])
    before = torch.tensor([[[9.0, 9.0], [2.0, 8.0]]])
    coefficients = torch.tensor([[[1.0, 0.0], [1.0, 0.0]]])
    found = weighted_means(points, coefficients, before)
    torch.testing.assert_close(found, torch.tensor([[[2.0, 4.0], [2.0, 8.0]]]))


def test_gradients_past_a_parent_without_children_are_finite():
    coefficients = torch.tensor([[[1.0, 0.0], [1.0, 0.0]]], requires_grad=True)
    means = weighted_means(torch.ones(1, 2, 2, 3), coefficients, torch.zeros(1, 2, 3))
    (gradient,) = torch.autograd.grad(means.sum(), coefficients)
    assert bool(torch.isfinite(gradient).all())


def test_nearness_is_the_negative_squared_distance():
    points = torch.tensor([[[[3.0, 4.0], [1.0, 0.0]]]])
    means = torch.tensor([[[0.0, 0.0], [1.0, 2.0]]])
    torch.testing.assert_close(nearness(points, means), torch.tensor([[[-25.0, -4.0]]]))
    warm = nearness(points, means, temperature=2.0)
    torch.testing.assert_close(warm, torch.tensor([[[-12.5, -2.0]]]))


def test_cosine_takes_the_length_of_the_mean_out():
    points = torch.tensor([[[[0.6, 0.8], [1.0, 0.0]]]])
    means = torch.tensor([[[3.0, 4.0], [0.0, 0.0]]])
    torch.testing.assert_close(cosine(points, means), torch.tensor([[[1.0, 0.0]]]))
    cold = cosine(points, means, temperature=0.1)
    torch.testing.assert_close(cold, torch.tensor([[[10.0, 0.0]]]))


def test_children_go_wholly_where_the_logit_is_largest_and_ties_are_shared():
    logits = torch.tensor([[[1.0, 3.0, 2.0], [5.0, 5.0, 1.0], [0.0, 0.0, 0.0]]])
    expected = torch.tensor([[[0.0, 1.0, 0.0], [0.5, 0.5, 0.0], [1 / 3, 1 / 3, 1 / 3]]])
    torch.testing.assert_close(wholly(logits), expected)


def test_wholly_is_softly_at_no_temperature():
    logits = torch.tensor([[[1.0, 3.0, 2.0], [5.0, 4.0, 1.0]]])
    torch.testing.assert_close(softly(logits * 1000.0), wholly(logits))
