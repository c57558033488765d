"""Weights in half precision: as many as can be rounded without a prediction changing."""

from dataclasses import replace

import torch

from capsprobe.data.digits import digits
from capsprobe.models.base import Frame
from capsprobe.models.checkpoints import build, fill
from capsprobe.models.inference import predict
from capsprobe.training import publishing
from capsprobe.training.publishing import _dtype, smallest


def some(count):
    network = build("cnn", Frame(width=8, types=2), seed=0, decoder=False)
    images = replace(digits("validation").limit(count), validation=None)
    return network, images, {key: value.clone() for key, value in network.state_dict().items()}


def predicted(network, weights, images):
    fill(network, {key: v.float() if v.is_floating_point() else v for key, v in weights.items()})
    return predict(network, images)


def test_weights_become_halves_where_no_prediction_changes():
    network, images, weights = some(60)
    before = predicted(network, weights, images)
    half = smallest(network, weights, images)
    assert _dtype(half) == "float16"
    assert torch.equal(predicted(network, half, images), before)


def test_a_tensor_whose_rounding_changes_a_prediction_stays_as_it_is(monkeypatch):
    network, images, weights = some(1)
    touchy = max(weights, key=lambda key: weights[key].numel())

    def predict_by_one_tensor(network, images):
        return torch.equal(network.state_dict()[touchy], weights[touchy]) * torch.ones(1)

    monkeypatch.setattr(publishing, "predict", predict_by_one_tensor)
    kept = smallest(network, weights, images)
    assert kept[touchy].dtype == torch.float32
    others = {v.dtype for k, v in kept.items() if k != touchy and v.numel() >= 500}
    assert others == {torch.float16}
    assert _dtype(kept) == "mixed"


def test_what_is_stored_is_named():
    one, two = torch.zeros(2), torch.zeros(2).half()
    count = torch.zeros(1, dtype=torch.int64)
    assert _dtype({"a": one, "n": count}) == "float32"
    assert _dtype({"a": two, "n": count}) == "float16"
    assert _dtype({"a": one, "b": two}) == "mixed"
