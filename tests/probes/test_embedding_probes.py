"""Planted networks for the probes that look into embeddings, confidence, and parts."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from capsprobe.data.digits import digits
from capsprobe.data.morphometry import factors
from capsprobe.models.checkpoints import load_model
from capsprobe.probes.alignment import Alignment
from capsprobe.probes.confidence import Confidence
from capsprobe.probes.deletion import Deletion
from capsprobe.probes.factors import Factors
from capsprobe.probes.specificity import Specificity, class_share
from capsprobe.probes.traversal import Traversal
from tests.probes.toys import Toy


class Measuring(Toy):
    """Its embedding is what is measured of the digit, one factor a dimension, in each block."""

    def embed(self, images: torch.Tensor) -> torch.Tensor:
        table = torch.from_numpy(factors(images.clone()).to_numpy()).float()
        return table.repeat(1, 10)

    def classify(self, embedding: torch.Tensor) -> torch.Tensor:
        return embedding[:, ::7]

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.classify(self.embed(images))


class Sure(Toy):
    """Names the class that the brightest corner pixel says, as sure as the next one is bright."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        named = (images[:, 0, 0, 0] * 9).round().long()
        scores = torch.full((len(images), 10), -9.0)
        scores[torch.arange(len(images)), named] = torch.logit(images[:, 0, 0, 1], eps=1e-4)
        return scores


def mean(outcome, condition, metric, severity=None):
    table = outcome.observations
    rows = (table["condition"] == condition) & (table["metric"] == metric)
    if severity is not None:
        rows &= table["severity"] == severity
    assert rows.any()
    return table.loc[rows, "value"].mean()


def test_an_embedding_of_measured_factors_scores_above_its_null_and_above_pixels():
    outcome = Factors()(Measuring(classes=10), digits("test"), part="factors")
    for score in ("mig", "sap", "disentanglement", "completeness", "selectivity"):
        own = mean(outcome, "factors/block", score)
        assert own > mean(outcome, "factors/block", f"{score}_null") + 0.05, score
        assert own > mean(outcome, "factors/pca", score), score
    assert mean(outcome, "factors/block", "mig") > 0.3


def test_a_network_is_aligned_with_itself_and_not_with_a_strange_one():
    images = digits("test")
    network, other = (load_model("capsnet", dataset="digits", seed=seed) for seed in (0, 1))
    probe = Alignment()
    own = probe(network, images, part="across")
    assert mean(own, "across/itself", "matched_correlation") == pytest.approx(1.0)
    beside = probe.across({"capsnet": probe.made(other, images, part="across", seed=0)})
    found = beside(network, images, part="across")
    matched = mean(found, "across/capsnet", "matched_correlation")
    assert mean(found, "across/capsnet", "matched_correlation_null") < matched < 0.999
    assert mean(found, "across/capsnet", "numbered_correlation") <= matched


def test_confidence_that_is_right_as_often_as_it_says_has_no_error():
    images = digits("test")
    rng = np.random.default_rng(0)
    pixels, sure = images.images.clone(), rng.uniform(0.5, 1.0, len(images))
    right = rng.random(len(images)) < sure
    named = torch.where(torch.from_numpy(right), images.labels, (images.labels + 1) % 10)
    pixels[:, 0, 0, 0], pixels[:, 0, 0, 1] = named / 9.0, torch.from_numpy(sure).float()
    honest = replace(images, images=pixels)
    found = Confidence(rotation=(0.0,))(Sure(classes=10), honest, part="confidence")
    table = found.observations
    bins = table.loc[table["metric"] == "calibration_error", "value"].mean()
    assert bins < 0.1
    assert mean(found, "confidence/rotation", "correct") == pytest.approx(right.mean())
    assert mean(found, "confidence/rotation", "error_auroc") > 0.6
    boast = pixels.clone()
    boast[:, 0, 0, 1] = 0.99
    found = Confidence(rotation=(0.0,))(
        Sure(classes=10), replace(honest, images=boast), part="confidence"
    )
    wrong = 1.0 - right.mean()
    assert mean(found, "confidence/rotation", "calibration_error") == pytest.approx(
        wrong - 0.01, abs=1e-3
    )


@pytest.mark.parametrize("model", ["capsnet", "senet", "cnn"])
def test_what_is_heeded_most_is_missed_more_than_what_chance_takes(model):
    network = load_model(model, dataset="digits", seed=0)
    images = digits("test").limit(60)
    away, back = (Deletion()(network, images, part=part) for part in ("deletion", "insertion"))
    assert mean(away, "deletion/own", "area") < mean(away, "deletion/random", "area") - 0.1
    assert mean(back, "insertion/own", "area") > mean(back, "insertion/random", "area") + 0.1
    for outcome, condition in ((away, "deletion/own"), (back, "insertion/random")):
        assert mean(outcome, condition, "retained", 0.0) == pytest.approx(1.0, abs=1e-6)


def test_the_class_share_is_one_for_weights_by_class_and_near_none_by_chance():
    labels = np.repeat(np.arange(5), 200)
    rng = np.random.default_rng(0)
    weights = np.stack([labels * 1.0, rng.normal(size=1000)], axis=1)
    by_class, by_chance = class_share(weights, labels)
    assert by_class == pytest.approx(1.0)
    assert by_chance < 0.02


def test_gates_of_every_shipped_senet_of_digits_depend_on_the_image():
    for seed in range(3):
        network = load_model("senet", dataset="digits", seed=seed)
        outcome = Specificity()(network, digits("test"), part="weights")
        assert set(outcome.observations["condition"]) == {"weights/stage-1", "weights/stage-2"}
        assert not outcome.left_out
        assert mean(outcome, "weights/stage-2", "class_share") > 0.1


def test_a_dimension_that_the_decoder_does_not_heed_moves_nothing():
    network = load_model("cnn-decoder", dataset="digits", seed=0)
    with torch.no_grad():
        # Of each class's block, the decoder sees the first dimension alone.
        seen = network.decoder[0].weight.unflatten(1, (10, 16))
        seen[:, :, 1:] = 0.0
    outcome = Traversal()(network, digits("test").limit(100), part="traversal")
    table = outcome.observations
    moved = table[table["metric"] == "moved_area"]
    first = moved["unit_id"] % 16 == 0
    assert (moved.loc[~first, "value"] < 1e-6).all()
    assert (moved.loc[first, "value"] > 1e-4).all()


def test_what_is_drawn_is_set_beside_the_mean_of_the_class():
    network = load_model("cnn-decoder", dataset="digits", seed=0)
    outcome = Traversal()(network, digits("test"), part="traversal")
    drawn = mean(outcome, "traversal/drawing", "drawing_error")
    assert drawn < mean(outcome, "traversal/drawing", "drawing_error_mean")
