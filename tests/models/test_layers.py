import pytest
import torch

from capsprobe.models.base import Frame, as_logits
from capsprobe.models.checkpoints import build
from capsprobe.models.layers import can_be_taken_apart, taken_apart

IMAGES = torch.rand(3, 1, 28, 28, generator=torch.Generator().manual_seed(0))
MODELS = ("capsnet", "capsnet-uniform", "capsnet-em", "capsnet-article", "se-head", "senet")


def network(name):
    return build(name, Frame(width=16, types=2), seed=0, decoder=False).eval()


@pytest.mark.parametrize("name", MODELS)
def test_a_layer_carried_on_gives_the_networks_scores(name):
    whole = network(name)
    with torch.no_grad():
        for layer in taken_apart(whole, IMAGES):
            expected = as_logits(whole(IMAGES), whole.scores)
            torch.testing.assert_close(layer.rest(layer.carried), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", MODELS)
def test_a_drop_is_the_loss_of_the_predicted_class_without_the_child(name):
    with torch.no_grad():
        for layer in taken_apart(network(name), IMAGES):
            drops = layer.drops()
            assert drops.shape == layer.children.shape[:2]
            without = layer.carried.clone()
            without[:, 4] = 0.0
            whole, rest = layer.rest(layer.carried), layer.rest(without)
            named = whole.argmax(dim=1)
            for image, label in enumerate(named):
                expected = whole[image, label] - rest[image, label]
                torch.testing.assert_close(drops[image, 4], expected, rtol=1e-4, atol=1e-5)


def test_senets_layers_are_its_gates_stages():
    senet = network("senet")
    layers = taken_apart(senet, IMAGES)
    assert [layer.name for layer in layers] == ["stage-1", "stage-2"]
    for layer, gates in zip(layers, senet.gates(IMAGES), strict=True):
        torch.testing.assert_close(layer.weights["gate"], gates)
        scaled = layer.children * gates.unsqueeze(2)
        torch.testing.assert_close(layer.carried, scaled)


def test_the_literal_heads_gate_is_its_weight_for_the_predicted_class():
    head = network("se-head")
    (layer,) = taken_apart(head, IMAGES)
    weights = head.excitation.weights(head.children_of(IMAGES))
    named = head(IMAGES).argmax(dim=1)
    torch.testing.assert_close(layer.weights["gate"][1], weights[1, :, named[1]])
    torch.testing.assert_close(layer.weights["summed"], head.gates(IMAGES)[0])


@pytest.mark.parametrize("name", ["capsnet", "se-head"])
def test_weights_are_those_of_the_classes_asked_for_whatever_is_predicted(name):
    whole = network(name)
    others = (whole(IMAGES).argmax(dim=1) + torch.tensor([0, 1, 5])) % 10
    (layer,) = taken_apart(whole, IMAGES, others)
    weights = (
        whole.trace(IMAGES).coefficients[-1]
        if name == "capsnet"
        else whole.excitation.weights(whole.children_of(IMAGES))
    )
    for image, label in enumerate(others):
        expected = weights[image, :, label]
        torch.testing.assert_close(layer.weights[layer.own][image], expected)
    assert not torch.equal(
        layer.weights[layer.own], taken_apart(whole, IMAGES)[0].weights[layer.own]
    )


def test_sabours_coefficients_summed_over_parents_are_one_for_every_child():
    (layer,) = taken_apart(network("capsnet"), IMAGES)
    torch.testing.assert_close(layer.weights["total"], torch.ones_like(layer.weights["total"]))
    other = network("capsnet-article")
    with torch.no_grad():
        other.votes.weight.mul_(50.0)
    (article,) = taken_apart(other, IMAGES)
    assert article.weights["total"].std() > 0.0


def test_a_plain_cnn_weighs_no_children():
    assert not can_be_taken_apart(network("cnn"))
    assert taken_apart(network("cnn"), IMAGES) == []
