"""What holds for every registered model: added the day a file is."""

import pytest
import torch

from capsprobe.models.base import Embeds, Frame, Traceable, models
from capsprobe.models.checkpoints import build

CANVASES = (28, 40)


@pytest.fixture(scope="module", params=list(models))
def name(request):
    return request.param


@pytest.fixture(scope="module", params=CANVASES)
def network(request, name):
    frame = Frame(canvas=request.param, width=8, types=2)
    return build(name, frame, seed=0, decoder=False).eval()


@pytest.fixture(scope="module")
def images(network):
    side = network.frame.canvas
    return torch.rand(3, 1, side, side, generator=torch.Generator().manual_seed(1))


def test_scores_are_one_finite_number_a_class(network, images):
    scores = network(images)
    assert scores.shape == (3, network.frame.classes)
    assert scores.dtype == torch.float32
    assert bool(torch.isfinite(scores).all())


def test_scores_are_what_the_model_says(network, images):
    scores = network(images)
    assert network.scores in ("lengths", "logits")
    if network.scores == "lengths":
        assert bool(((scores > 0.0) & (scores < 1.0)).all())


def test_the_same_images_get_the_same_scores(network, images):
    assert torch.equal(network(images), network(images))


def test_an_image_gets_its_scores_whatever_else_is_in_the_batch(network, images):
    alone = torch.cat([network(image[None]) for image in images])
    torch.testing.assert_close(network(images), alone, rtol=1e-4, atol=1e-5)


def test_images_are_left_as_they_were(network, images):
    before = images.clone()
    network(images)
    assert torch.equal(before, images)


def test_gradients_reach_the_image(network, images):
    pixels = images.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(network(pixels).square().sum(), pixels)
    assert bool(torch.isfinite(gradient).all())
    assert bool(gradient.flatten(1).any(dim=1).all())


@pytest.mark.parametrize("shade", [0.0, 1.0])
def test_an_empty_image_has_finite_scores_and_gradients(network, shade):
    side = network.frame.canvas
    pixels = torch.full((2, 1, side, side), shade, requires_grad=True)
    scores = network(pixels)
    (gradient,) = torch.autograd.grad(scores.sum(), pixels)
    assert bool(torch.isfinite(scores).all())
    assert bool(torch.isfinite(gradient).all())


def test_the_embedding_is_what_the_scores_are_made_from(network, images):
    if not isinstance(network, Embeds):
        return
    embedding = network.embed(images)
    assert embedding.shape[1] % network.frame.classes == 0
    torch.testing.assert_close(network.classify(embedding), network(images))


def test_the_trace_ends_in_the_class_capsules(network, images):
    if not isinstance(network, Traceable):
        return
    trace = network.trace(images)
    assert trace.parents[-1].shape[:2] == (3, network.frame.classes)
    assert len(trace.parents) == network.iterations
    torch.testing.assert_close(trace.parents[-1].norm(dim=2), network(images))


def test_it_has_as_many_classes_as_the_frame_says(name):
    frame = Frame(classes=4, width=8, types=2)
    scores = models[name](frame).eval()(torch.zeros(1, 1, 28, 28))
    assert scores.shape == (1, 4)


def test_the_seed_alone_fixes_the_initial_weights(name):
    frame = Frame(width=8, types=2)
    first, again, other = (
        build(name, frame, seed=seed, decoder=False).state_dict() for seed in (3, 3, 4)
    )
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert any(not torch.equal(first[key], other[key]) for key in first)


def test_building_leaves_the_global_generator_alone(name):
    before = torch.random.get_rng_state()
    build(name, Frame(width=8, types=2), seed=0, decoder=False)
    assert torch.equal(before, torch.random.get_rng_state())
