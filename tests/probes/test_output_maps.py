"""The output-maps probe: each descent alone, beside the plain one."""

import numpy as np
import pytest
import torch

from capsprobe.attacks.routing import last_shares, shift
from capsprobe.data.views import load_images
from capsprobe.faults import UsageFault
from capsprobe.models.base import Frame
from capsprobe.models.checkpoints import build, load_model
from capsprobe.models.inference import predict
from capsprobe.probes.output_maps import OutputMaps

EPSILONS = (0.05, 0.1)
MAPS = {"linf/scores", "linf/logits", "linf/margin", "linf/dlr"}
ROUTING = {"linf/vote", "linf/detached", "linf/routing"}


@pytest.fixture(scope="module")
def images():
    return load_images("digits").limit(10)


@pytest.fixture(scope="module")
def measured(images):
    probe = OutputMaps(linf=EPSILONS, steps=5)
    return {name: probe(load_model(name), images, part="linf") for name in ("capsnet", "cnn")}


def by_image(measurement, metric):
    table = measurement.observations.query("metric == @metric")
    return table.pivot_table(index=["severity", "unit_id"], columns="condition", values="value")


def test_every_descent_is_tried_on_a_network_that_routes(measured):
    assert set(by_image(measured["capsnet"], "correct")) == MAPS | ROUTING
    assert measured["capsnet"].left_out == {}


def test_what_a_network_lacks_is_said_and_logits_are_attacked_once(measured):
    assert set(by_image(measured["cnn"], "correct")) == MAPS - {"linf/logits"}
    assert set(measured["cnn"].left_out.values()) == {10}
    assert sum("routing that can be exchanged" in key for key in measured["cnn"].left_out) == 1
    assert len(measured["cnn"].left_out) == 3
    assert by_image(measured["cnn"], "coefficients_moved").empty


@pytest.mark.parametrize("name", ["capsnet", "cnn"])
def test_lowered_is_the_plain_descents_accuracy_less_ones_own(measured, name):
    correct, lowered = by_image(measured[name], "correct"), by_image(measured[name], "lowered")
    expected = -correct.sub(correct["linf/scores"], axis=0)
    assert (lowered == expected).all(axis=None)
    assert (lowered["linf/scores"] == 0.0).all() and (lowered.loc[0.0] == 0.0).all(axis=None)


@pytest.mark.parametrize("name", ["capsnet", "cnn"])
def test_an_image_broken_once_stays_broken(measured, name):
    correct = by_image(measured[name], "correct").unstack("unit_id")
    assert (correct.diff().iloc[1:] <= 0.0).all(axis=None)
    assert correct.iloc[0].min() == 1.0 and correct.iloc[-1].mean() < 0.5


def test_coefficients_move_as_a_loop_says(images):
    network = load_model("capsnet").requires_grad_(False)
    probe = OutputMaps(linf=(0.05,), steps=2, limit=4)
    moved = by_image(probe(network, images, part="linf"), "coefficients_moved")
    assert (moved.loc[0.0] == 0.0).all(axis=None) and (moved.loc[0.05] > 0.0).all(axis=None)

    clean_images = images.images[:4]
    found = (clean_images + 0.1 * torch.rand(4, 1, 28, 28)).clamp(0.0, 1.0)
    now, clean = (last_shares(network, each).double() for each in (found, clean_images))
    middle = (now + clean) / 2.0
    loop = [
        [
            sum(
                0.5 * share * np.log2(share / mean)
                for shares in (one, other)
                for share, mean in zip(shares, means, strict=True)
            )
            for one, other, means in zip(*rows, strict=True)
        ]
        for rows in zip(now.numpy(), clean.numpy(), middle.numpy(), strict=True)
    ]
    np.testing.assert_allclose(
        shift(network, found, clean_images).numpy(), np.mean(loop, axis=1), rtol=1e-3, atol=1e-6
    )


def test_a_network_that_is_wrong_from_the_start_has_nothing_to_lose(images):
    network = build("capsnet", Frame(width=8, types=2), seed=0, decoder=False)
    wrong = images.take((predict(network, images)[:, 0] != images.labels).nonzero().squeeze(1))
    measurement = OutputMaps(linf=(0.1,), steps=1)(network, wrong, part="linf")
    assert (by_image(measurement, "correct") == 0.0).all(axis=None)
    assert by_image(measurement, "coefficients_moved").empty


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"linf": (0.2, 0.1)}, "expected rising epsilons"),
        ({"linf": (0.0, 0.1)}, "expected rising epsilons in"),
        ({"linf": (float("nan"),)}, "expected rising epsilons"),
        ({"steps": 0}, "expected steps >= 1, got 0"),
        ({"restarts": 0}, "expected restarts >= 1, got 0"),
        ({"limit": 0}, "expected a limit of at least 1 image, got 0"),
    ],
)
def test_settings_that_cannot_be_meant_are_one_clear_line(settings, words):
    with pytest.raises(UsageFault, match=words):
        OutputMaps(**settings)


def test_images_beyond_the_limit_are_counted(images):
    measurement = OutputMaps(linf=(0.1,), steps=1, limit=5)(
        load_model("capsnet"), images, part="linf"
    )
    assert measurement.left_out == {"beyond the limit of attacked images": 5}
    assert measurement.observations["unit_id"].nunique() == 5
