import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from capsprobe.data.corruptions.base import corrupt
from capsprobe.data.digits import digits
from capsprobe.faults import UsageFault
from capsprobe.models.base import Frame
from capsprobe.models.checkpoints import build, load_model
from capsprobe.probes.gate import Gate
from capsprobe.seeds import generator
from tests.probes.toys import Constant

IMAGES = digits("test").limit(40)


def measured(network):
    rows = Gate()(network, IMAGES, part="layer").observations
    return {place: values for place, values in rows.groupby(["condition", "metric"])["value"]}


@pytest.fixture(scope="module")
def routed():
    return measured(load_model("capsnet", dataset="digits", seed=0))


def test_the_winning_coefficient_foretells_what_a_child_is_worth(routed):
    assert routed["layer/capsules", "drop_routing"].mean() > 0.95
    assert abs(routed["layer/capsules", "drop_routing_shuffled"].mean()) < 0.1


def test_a_routed_network_has_no_gate_and_its_sum_over_parents_no_spread(routed):
    metrics = {metric for _, metric in routed}
    assert not any("gate" in metric for metric in metrics)
    assert routed["layer/capsules", "sum_spread"].max() < 1e-6
    assert {"constant_routing", "routing_variation", "drop_constant"} <= metrics


def test_what_is_shuffled_is_a_null_and_nothing_else():
    assert {metric.null for metric in Gate.metrics} == {True, False}
    for metric in Gate.metrics:
        assert metric.null == metric.name.endswith("_shuffled")


def test_senets_stages_have_gates_and_no_routing():
    found = measured(load_model("senet", dataset="digits", seed=0))
    assert {condition for condition, _ in found} == {"layer/stage-1", "layer/stage-2"}
    metrics = {metric for _, metric in found}
    assert {"gate_article", "gate_article_shuffled", "drop_gate", "gate_variation"} <= metrics
    assert not any("routing" in metric for metric in metrics)


def test_the_literal_head_is_asked_by_class_and_over_classes():
    network = build("se-head", Frame(width=8, types=2), seed=0, decoder=False)
    found = measured(network)
    assert {metric for _, metric in found} >= {
        "drop_gate",
        "drop_summed",
        "gate_variation",
        "summed_variation",
    }


def test_coefficients_without_spread_are_left_out_and_counted():
    network = build("capsnet-uniform", Frame(width=8, types=2), seed=0, decoder=False)
    outcome = Gate()(network, IMAGES, part="layer")
    assert sum(outcome.left_out.values()) > 0
    assert "drop_routing" not in set(outcome.observations["metric"])
    assert "drop_length" in set(outcome.observations["metric"])


def through_clutter(network, images=IMAGES):
    outcome = Gate()(network, images, part="driven")
    rows = outcome.observations
    wide = rows.pivot(index="unit_id", columns=["condition", "metric"], values="value")
    return wide.loc[[each for each in images.ids.tolist() if each in wide.index]], outcome


def test_what_the_digit_and_what_the_zigzag_drives_is_weighed_child_by_child():
    network = load_model("capsnet", dataset="digits", seed=0)
    few = IMAGES.limit(3)
    found, _ = through_clutter(network, few)
    rng = generator(0, "gate", "driven")
    seed = int(rng.integers(2**31))
    shown = corrupt(few, kind="clutter/zigzag", severity=3, seed=seed).images
    with torch.no_grad():
        for row, (image, other) in enumerate(zip(few.images, shown, strict=True)):
            poses = [
                network.children_of(each.unsqueeze(0))[0]
                for each in (torch.zeros_like(image), image, other)
            ]
            trace = network.trace(other.unsqueeze(0))
            winner = int(network(other.unsqueeze(0)).argmax())
            coefficients = trace.coefficients[-1][0, :, winner].tolist()
            for metric, one, two in (("digit_weight", 0, 1), ("clutter_weight", 1, 2)):
                moved = [
                    math.dist(a, b)
                    for a, b in zip(*(poses[k].tolist() for k in (one, two)), strict=True)
                ]
                mean = sum(m * c for m, c in zip(moved, coefficients, strict=True)) / sum(moved)
                assert found["driven/capsules", metric].iloc[row] == pytest.approx(mean, rel=1e-4)


def test_weights_that_are_alike_for_all_heed_nothing():
    network = build("capsnet-uniform", Frame(width=8, types=2), seed=0, decoder=False)
    found, _ = through_clutter(network)
    np.testing.assert_allclose(found.to_numpy(), 0.1, rtol=1e-5)


def test_a_gate_is_asked_too_and_an_empty_image_moves_nothing():
    network = build("senet", Frame(width=8, types=2), seed=0, decoder=False)
    empty = replace(IMAGES, images=torch.cat([torch.zeros(1, 1, 28, 28), IMAGES.images[1:]]))
    found, outcome = through_clutter(network, empty)
    assert {name for name, _ in found} == {"driven/stage-1", "driven/stage-2"}
    assert outcome.left_out == {"images that move no child": 2}
    assert found["driven/stage-1", "clutter_weight"].notna().all()


def test_a_network_that_weighs_nothing_is_told_what_it_lacks():
    with pytest.raises(UsageFault, match="gates or votes that are routed, got Constant"):
        Gate()(Constant(), IMAGES, part="layer")


def test_no_more_images_are_looked_at_than_the_limit():
    network = build("senet", Frame(width=8, types=2), seed=0, decoder=False)
    rows = Gate(limit=7)(network, IMAGES, part="layer").observations
    assert set(rows["unit_id"]) == set(IMAGES.limit(7).ids.tolist())


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"iterations": 0}, "expected 1 to 100 routing iterations, got 0"),
        ({"limit": 0}, "expected a limit of at least 1 image, got 0"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(settings, says):
    with pytest.raises(UsageFault, match=says):
        Gate(**settings)
