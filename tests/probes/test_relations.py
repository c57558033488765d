"""Planted networks: one blind to arrangement, one that knows images by heart."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from capsprobe.data.digits import digits
from capsprobe.data.poses import REACH
from capsprobe.faults import UsageFault
from capsprobe.models.checkpoints import load_model
from capsprobe.probes.relations import Relations
from tests.probes.toys import Toy


class BagOfParts(Toy):
    """Scores by which grey levels there are, wherever they stand."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        levels = images.flatten(1).sort(dim=1).values
        return torch.stack(
            [levels.square().sum(dim=1) + k * levels.sum(dim=1) for k in range(10)], dim=1
        )


class Template(Toy):
    """Scores by the distance to the nearest of the images that it knows."""

    def __init__(self, known: torch.Tensor) -> None:
        super().__init__(classes=10)
        self.register_buffer("known", known.flatten(1))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        # Not by products of matrices, which leave an image at some distance from itself.
        exactly = "donot_use_mm_for_euclid_dist"
        nearest = torch.cdist(images.flatten(1), self.known, compute_mode=exactly).amin(dim=1)
        return -nearest[:, None].expand(-1, 10).clone()


class Linear(Toy):
    """Its embedding holds where the ink's middle lies, the same in each class's block."""

    def embed(self, images: torch.Tensor) -> torch.Tensor:
        axis = torch.linspace(-1.0, 1.0, images.shape[-1])
        ink = images.sum(dim=(1, 2, 3))
        across = (images.sum(dim=(1, 2)) * axis).sum(dim=1) / ink
        down = (images.sum(dim=(1, 3)) * axis).sum(dim=1) / ink
        return torch.stack([across, down], dim=1).repeat(1, 10)

    def classify(self, embedding: torch.Tensor) -> torch.Tensor:
        return embedding[:, ::2]

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.classify(self.embed(images))


def means(network, images, part, metric):
    """Return the mean of a metric by condition, at the largest severity."""
    table = Relations()(network, images, part=part).observations
    table = table[table["metric"] == metric]
    largest = table.groupby("condition")["severity"].transform("max")
    return table[table["severity"] == largest].groupby("condition")["value"].mean()


def test_a_network_blind_to_arrangement_cannot_tell_scrambled_digits():
    found = means(BagOfParts(classes=10), digits("test").limit(150), "parts", "intact_auroc")
    moved = found[["parts/displaced", "parts/shuffled", "parts/recombined", "parts/mirrored"]]
    assert np.allclose(moved, 0.5, atol=1e-3)
    # Blanked seams do take ink away.
    assert found["parts/seam"] > 0.5


def test_a_network_that_knows_images_by_heart_tells_every_scrambled_one():
    images = digits("test").limit(150)
    found = means(Template(images.images), images, "parts", "intact_auroc")
    assert np.allclose(found, 1.0)


def test_severity_zero_is_chance_and_the_clean_answers():
    table = Relations()(Template(digits("test").images), digits("test").limit(40), part="parts")
    clean = table.observations[table.observations["severity"] == 0.0]
    assert (clean.loc[clean["metric"] == "intact_auroc", "value"] == 0.5).all()


def test_digits_that_stay_themselves_are_not_mirrored_but_classes_that_are_no_digits_are():
    images = digits("test").limit(60)
    network = BagOfParts(classes=10)
    kept, every = (
        Relations()(network, each, part="parts").observations
        for each in (images, replace(images, name="shoes"))
    )
    ids = set(kept.loc[kept["condition"] == "parts/mirrored", "unit_id"])
    labels = dict(zip(images.ids.tolist(), images.labels.tolist(), strict=True))
    assert {labels[each] for each in ids} <= {2, 3, 4, 5, 6, 7, 9}
    mirrored = every[(every["condition"] == "parts/mirrored") & (every["metric"] == "correct")]
    assert mirrored["unit_id"].nunique() == len(images)


def test_shifts_that_an_embedding_holds_are_read_and_turns_are_not():
    images = digits("test").limit(200)
    found = means(Linear(classes=10), images, "pose", "readout")
    null = means(Linear(classes=10), images, "pose", "readout_shuffled")
    assert found["pose/shift-x"] > 0.7
    assert found["pose/shift-y"] > 0.7
    assert found["pose/rotation"] < 0.4
    assert null.max() < 0.1
    assert set(found.index) == {f"pose/{name}" for name in REACH}


def test_coefficients_of_uniform_routing_do_not_depend_on_the_image():
    images = digits("test").limit(40)
    uniform, dynamic = (
        means(load_model(name, dataset="digits", seed=0), images, "input", "input_divergence")
        for name in ("capsnet-uniform", "capsnet")
    )
    assert uniform["input/coefficients"] == pytest.approx(0.0, abs=1e-7)
    assert dynamic["input/coefficients"] > 1e-3


def test_a_network_without_what_a_part_needs_is_told_so():
    probe = Relations()
    plain = BagOfParts(classes=10)
    assert probe.lacks(plain) == probe.lacks_for(plain, "parts") == ""
    assert probe.lacks_for(plain, "pose") == "an embedding"
    with pytest.raises(UsageFault, match="a network with votes that are routed, got BagOfParts"):
        probe(plain, digits("test").limit(4), part="input")


@pytest.mark.parametrize("displaced", [(1.0,), (0.0, 0.5), (0.0, 0.0), (0.0, -1.0)])
def test_displacements_that_cannot_be_meant_are_refused(displaced):
    with pytest.raises(UsageFault, match="expected displaced by whole pixels"):
        Relations(displaced=displaced)
