import math
from dataclasses import replace

import pytest
import torch
from scipy.stats import spearmanr

from capsprobe.data.corruptions.base import corrupt
from capsprobe.data.digits import digits
from capsprobe.faults import ModelFault, UsageFault
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
    return wide.reindex(images.ids.tolist()), outcome


def test_what_belongs_to_the_digit_is_ranked_beside_the_coefficients_child_by_child():
    network = load_model("capsnet", dataset="digits", seed=0)
    few = IMAGES.limit(3)
    found, _ = through_clutter(network, few)
    seed = int(generator(0, "gate", "driven").integers(2**31))
    black = replace(few, images=torch.zeros_like(few.images))
    alone, both = (
        corrupt(each, kind="clutter/zigzag", severity=3, seed=seed).images for each in (black, few)
    )
    belonging, coefficients = [], []
    with torch.no_grad():
        for row, label in enumerate(few.labels.tolist()):
            empty, digit, clutter = (
                network.children_of(each[row : row + 1])[0].tolist()
                for each in (black.images, few.images, alone)
            )
            triples = zip(empty, digit, clutter, strict=True)
            belonging.append([math.dist(b, a) - math.dist(c, a) for a, b, c in triples])
            trace = network.trace(both[row : row + 1])
            coefficients.append(trace.coefficients[-1][0, :, label].tolist())
    for row in range(3):
        others = [coefficients[k] for k in range(3) if k != row]
        mean = [sum(each) / 2.0 for each in zip(*others, strict=True)]
        for metric, held in (("routing", coefficients[row]), ("constant", mean)):
            expected = spearmanr(held, belonging[row]).statistic
            measured = found["driven/capsules", f"belonging_{metric}"].iloc[row]
            assert measured == pytest.approx(expected, abs=1e-4)


def test_it_is_the_class_that_is_shown_that_counts():
    network = load_model("capsnet", dataset="digits", seed=0)
    wrong = replace(IMAGES, labels=(IMAGES.labels + 1) % 10)
    right, _ = through_clutter(network)
    found, _ = through_clutter(network, wrong)
    name = "driven/capsules", "belonging_routing"
    assert (found[name] - right[name]).abs().max() > 0.1


def test_weights_that_are_alike_for_all_rank_nothing():
    network = build("capsnet-uniform", Frame(width=8, types=2), seed=0, decoder=False)
    found, outcome = through_clutter(network)
    assert not len(outcome.observations)
    assert set(outcome.left_out) == {"weights, or what moves children, the same for all of them"}


def test_gates_are_asked_too_and_shuffled_they_rank_nothing():
    network = load_model("senet", dataset="digits", seed=0)
    found, outcome = through_clutter(network)
    assert {name for name, _ in found} == {"driven/stage-1", "driven/stage-2"}
    assert abs(found["driven/stage-2", "belonging_gate_shuffled"].mean()) < 0.2
    assert outcome.left_out == {}


def test_a_network_that_has_no_answer_to_an_empty_image_is_named():
    network = build("senet", Frame(width=8, types=2), seed=0, decoder=False)
    network.trunk = torch.nn.Sequential(Standardised(), *network.trunk)
    with pytest.raises(ModelFault, match="expected finite poses of empty images too, got NaN"):
        Gate()(network, IMAGES, part="driven")


class Standardised(torch.nn.Module):
    def forward(self, images):
        return (images - images.mean((1, 2, 3), keepdim=True)) / images.std((1, 2, 3), keepdim=True)


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
