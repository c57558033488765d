"""The detection probe: thresholds from validation images, and who gets through."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from capsprobe.data.digits import digits
from capsprobe.faults import UsageFault
from capsprobe.models.base import Frame
from capsprobe.models.checkpoints import build, load_model
from capsprobe.models.decoder import attach, reconstruct
from capsprobe.probes.detection import Detection

EPSILONS = (0.1, 0.4)


@pytest.fixture(scope="module")
def network():
    """Return a trained network, its decoder fresh: it draws grey, whatever it is asked."""
    found = load_model("capsnet")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        attach(found)
    return found


@pytest.fixture(scope="module")
def images():
    return replace(digits("test").limit(8), validation=digits("validation").limit(40))


@pytest.fixture(scope="module")
def measured(network, images):
    return Detection(linf=EPSILONS, steps=4, limit=6)(network, images, part="linf")


def rows(measured, metric, condition="linf/pgd"):
    table = measured.observations.query("metric == @metric and condition == @condition")
    return table.set_index(["severity", "unit_id"])["value"]


def test_the_threshold_is_the_one_of_validation_images(network, images, measured):
    """Written out image by image: rebuild from the winner, sort, cut at 5 %."""

    def distance(image):
        with torch.no_grad():
            embedding = network.embed(image[None])
            winner = torch.zeros(1, 10)
            winner[0, network(image[None]).argmax()] = 1.0
            drawn = reconstruct(network, embedding, winner)
        return float(np.linalg.norm((drawn[0] - image).numpy()))

    calm = sorted(distance(image) for image in images.validation.images)
    threshold = calm[len(calm) - 1 - int(0.05 * len(calm))]
    clean = rows(measured, "reconstruction_distance").loc[0.0]
    chosen = images.limit(6)
    expected = [distance(image) for image in chosen.images]
    np.testing.assert_allclose(clean.loc[chosen.ids.tolist()], expected, rtol=1e-5)
    detected = rows(measured, "detected")
    distances = rows(measured, "reconstruction_distance")
    assert (detected == (distances > threshold * (1.0 + 1e-6))).all()


def test_only_images_made_wrong_are_detected_or_not_and_the_others_counted(measured):
    counted = rows(measured, "detected").groupby("severity").size()
    assert counted[0.0] == 6
    missing = measured.left_out.get("not made wrong by linf/pgd, over all epsilons", 0)
    assert counted.drop(0.0).sum() + missing == 6 * len(EPSILONS)
    assert measured.left_out["beyond the limit of attacked images"] == 2


def test_who_knows_the_detector_gets_through_no_less_often(measured):
    blind, aware = (rows(measured, "undetected_success", f"linf/{n}") for n in ("pgd", "aware"))
    assert set(blind.index) == set(aware.index) and len(aware) == 6 * (1 + len(EPSILONS))
    assert (aware >= blind).all() and (aware.loc[0.0] == 0.0).all()
    assert aware.loc[0.4].mean() > 0.5
    assert (aware.unstack("unit_id").diff().iloc[1:] >= 0.0).all(axis=None)


def test_what_pgd_got_through_with_is_what_was_wrong_and_not_detected(measured):
    first = EPSILONS[0]
    seen = rows(measured, "detected").loc[first]
    through = rows(measured, "undetected_success").loc[first]
    assert set(through[through == 1.0].index) == set(seen[seen == 0.0].index)


def test_networks_without_a_decoder_lack_it():
    bare = build("capsnet", Frame(width=8, types=2), seed=0, decoder=False)
    assert Detection().lacks(bare) == "a decoder"
    with pytest.raises(UsageFault, match="expected a network with a decoder, got CapsNet"):
        Detection()(bare, digits("test").limit(2), part="linf")


def test_images_without_validation_images_are_refused(network):
    with pytest.raises(UsageFault, match="expected images with validation images beside them"):
        Detection()(network, digits("test").limit(2), part="linf")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"linf": (0.2, 0.1)}, "expected rising epsilons"),
        ({"linf": (1.5,)}, "expected rising epsilons"),
        ({"limit": 0}, "expected limit >= 1, got 0"),
        ({"validation": 0}, "expected validation >= 1, got 0"),
        ({"steps": 0}, "expected steps >= 1, got 0"),
        ({"false_positives": 0.0}, r"expected false_positives in \(0, 1\), got 0"),
    ],
)
def test_settings_that_cannot_be_meant_are_one_clear_line(settings, words):
    with pytest.raises(UsageFault, match=words):
        Detection(**settings)
