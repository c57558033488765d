"""A CapsNet without one of its parts, beside what the part would have done."""

import pytest
import torch

from capsprobe.factorial import MODELS
from capsprobe.models.base import Frame, as_logits, models
from capsprobe.models.capsnet_unsquashed import UnsquashedCapsNet, route_unsquashed
from capsprobe.models.capsules import SharedVotes, Votes, poses_of, primary_capsules
from capsprobe.routing.base import length, squash
from capsprobe.routing.dynamic import route_dynamic

FRAME = Frame(classes=10, canvas=28, width=8, types=2)


def drawn(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def test_shared_votes_are_those_of_the_same_matrix_at_every_place():
    shared = SharedVotes(types=2, places=3, child_pose=4, parents=5, pose=6)
    apart = Votes(children=6, child_pose=4, parents=5, pose=6)
    with torch.no_grad():
        # Children are ordered by type first.
        for child in range(6):
            apart.weight[child] = shared.weight[child // 3]
    children = drawn(7, 6, 4)
    torch.testing.assert_close(shared(children), apart(children))
    for routing, iterations in (("dynamic", 3), ("uniform", 1)):
        asked = {"routing": routing, "iterations": iterations}
        torch.testing.assert_close(shared.route(children, **asked), apart.route(children, **asked))
    whole = shared.trace(children, routing="dynamic", iterations=3).parents[-1]
    torch.testing.assert_close(whole, shared.route(children, routing="dynamic", iterations=3))


def test_the_gradient_of_a_shared_matrix_is_the_sum_over_its_places():
    shared = SharedVotes(types=2, places=3, child_pose=4, parents=5, pose=6)
    apart = Votes(children=6, child_pose=4, parents=5, pose=6)
    with torch.no_grad():
        apart.weight.copy_(shared.matrices)
    children = drawn(7, 6, 4)
    for votes in (shared, apart):
        votes.route(children, routing="dynamic", iterations=3).square().sum().backward()
    torch.testing.assert_close(shared.weight.grad, apart.weight.grad.unflatten(0, (2, 3)).sum(1))


def slowly(votes, iterations):
    """Procedure 1 with s_j for v_j, an image and a child at a time."""
    parents = []
    for image in votes:
        logits = torch.zeros(image.shape[:2])
        for iteration in range(iterations):
            coefficients = torch.stack([torch.softmax(row, dim=0) for row in logits])
            sums = sum(c[:, None] * u for c, u in zip(coefficients, image, strict=True))
            if iteration + 1 < iterations:
                logits = logits + (image * sums).sum(dim=2)
        parents.append(sums)
    return torch.stack(parents)


@pytest.mark.parametrize("iterations", [1, 2, 3])
def test_routing_without_squash_is_the_procedure_with_the_sums_themselves(iterations):
    votes = 0.3 * drawn(3, 5, 4, 6)
    found = route_unsquashed(votes, iterations=iterations)
    torch.testing.assert_close(found, slowly(votes, iterations))


def test_without_routing_squash_changes_no_score():
    votes = drawn(3, 5, 4, 6)
    squashed = route_dynamic(votes, iterations=1).parents[-1]
    plain = route_unsquashed(votes, iterations=1)
    torch.testing.assert_close(squash(plain), squashed)
    network = UnsquashedCapsNet(
        Frame(classes=4, canvas=28, width=8, types=2), iterations=1, shared=False
    )
    poses = drawn(3, 4, 16, seed=1)
    found = network.classify(poses.flatten(1))
    torch.testing.assert_close(
        found, as_logits(length(squash(poses)), "lengths"), atol=1e-5, rtol=1e-4
    )


def test_poses_are_squashed_to_primary_capsules():
    maps = drawn(2, 8, 3, 3)
    torch.testing.assert_close(squash(poses_of(maps, pose=4)), primary_capsules(maps, pose=4))


@pytest.mark.parametrize("name", MODELS)
def test_a_model_has_the_parts_that_its_name_says(name):
    network = models[name](FRAME)
    assert isinstance(network.votes, SharedVotes) == ("shared" in name)
    assert isinstance(network, UnsquashedCapsNet) == ("unsquashed" in name)
    assert network.iterations == (1 if "uniform" in name else 3)
    assert network.scores == ("logits" if "unsquashed" in name else "lengths")


def test_an_empty_image_has_finite_scores_and_gradients_without_squash():
    network = models["capsnet-unsquashed"](FRAME).eval()
    with torch.no_grad():
        network.votes.weight.zero_()
    images = torch.zeros(2, 1, 28, 28, requires_grad=True)
    scores = network(images)
    scores.sum().backward()
    assert torch.isfinite(scores).all() and torch.isfinite(images.grad).all()
