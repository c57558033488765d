"""Curves of networks with known answers, and what is shown at each severity."""

import numpy as np
import pytest
import torch

from capsprobe.data.digits import digits
from capsprobe.faults import UsageFault
from capsprobe.probes.affine import Affine
from capsprobe.tables import SAMPLE_COLUMNS
from tests.data.toys import bars
from tests.probes.toys import Constant, Toy, Upright, Weigher, standing

AXES = ("rotation", "translation", "scale", "shear")


class Recorder(Toy):
    """Keeps every image that it is shown."""

    def __init__(self, canvas: int = 28) -> None:
        super().__init__(canvas, classes=10)
        self.seen: list[torch.Tensor] = []

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        self.seen.append(images.clone())
        return torch.zeros(len(images), self.frame.classes)


def curve(outcome):
    return outcome.observations.groupby("severity")["value"].mean().to_dict()


def shown(part, *, images, canvas=28, **settings):
    network = Recorder(canvas)
    outcome = Affine(**settings)(network, images, part=part)
    return dict(zip(outcome.observations["severity"].unique(), network.seen, strict=True))


@pytest.mark.parametrize("part", AXES)
@pytest.mark.parametrize("canvas", [28, 40])
def test_severity_zero_changes_nothing(part, canvas):
    images = digits("test").limit(5)
    clean = shown(part, images=images, canvas=canvas)[0.0]
    rim = (canvas - 28) // 2
    assert torch.equal(clean[:, :, rim : rim + 28, rim : rim + 28], images.images)
    assert clean.sum().item() == pytest.approx(images.images.sum().item())


@pytest.mark.parametrize("canvas", [28, 40])
def test_a_network_that_only_weighs_ink_bears_every_translation(canvas):
    outcome = Affine()(Weigher(canvas), bars(), part="translation")
    assert set(outcome.observations["value"]) == {1.0}
    steps = 5 if canvas == 28 else 9
    assert len(outcome.observations) == steps * len(bars())


def test_a_network_that_weighs_ink_is_wrong_once_the_size_changes():
    found = curve(Affine()(Weigher(40), bars(), part="scale"))
    assert found[0.0] == 1.0
    assert found[-0.4] <= 0.25
    assert found[0.4] <= 0.25


def test_a_network_that_looks_for_height_fails_where_bars_lie_and_only_there():
    found = curve(Affine()(Upright(), standing(), part="rotation"))
    assert [found[degrees] for degrees in (0.0, 15.0, 90.0, 165.0, 180.0)] == [1, 1, 0, 1, 1]


@pytest.mark.parametrize("part", AXES)
def test_a_constant_network_is_right_for_its_class_at_every_severity(part):
    outcome = Affine()(Constant(), bars(), part=part)
    right = outcome.observations[outcome.observations["value"] == 1.0]
    assert set(right["unit_id"]) == {0, 4, 8}
    assert len(outcome.samples) == 0


def test_samples_show_the_first_to_go_wrong():
    outcome = Affine()(Upright(), standing(), part="rotation")
    assert tuple(outcome.samples.columns) == SAMPLE_COLUMNS
    assert len(outcome.samples) == 4
    row = outcome.samples.iloc[0]
    assert (row["label"], row["clean_prediction"], row["prediction"]) == ("0", "0", "1")
    first = bars().images[int(row["unit_id"])]
    assert row["clean"] == (first * 255.0).round().int().flatten().tolist()
    assert row["clean"] != row["perturbed"]


def test_a_larger_severity_moves_farther_in_the_same_direction():
    found = shown("translation", images=bars())
    middle = (torch.arange(28.0) - 13.5).view(1, 1, 28)

    def where(images):
        weight = images[:, 0] / images[:, 0].sum(dim=(1, 2), keepdim=True)
        down = (weight * middle.transpose(1, 2)).sum(dim=(1, 2))
        return torch.stack([down, (weight * middle).sum(dim=(1, 2))], dim=1)

    one, four = (where(found[pixels]) - where(found[0.0]) for pixels in (1.0, 4.0))
    torch.testing.assert_close(four, 4.0 * one, atol=1e-4, rtol=0.0)
    assert one.abs().sum(dim=1).numpy() == pytest.approx(np.ones(12), abs=1e-4)
    assert len({tuple(way) for way in one.round().int().tolist()}) == 4


def test_both_signs_of_rotation_occur_and_stay_with_their_image():
    found = shown("rotation", images=standing(), rotation=(0.0, 30.0, 45.0))
    lean = [
        (images[:, 0, :14, 14:].sum(dim=(1, 2)) - images[:, 0, :14, :14].sum(dim=(1, 2))).sign()
        for images in (found[30.0], found[45.0])
    ]
    assert torch.equal(lean[0], lean[1])
    assert set(lean[0].tolist()) == {-1.0, 1.0}


@pytest.mark.parametrize("part", [*AXES, "affnist"])
def test_every_network_sees_the_same_images(part):
    images = digits("test").limit(6)
    one, two = (shown(part, images=images, canvas=40) for _ in range(2))
    assert all(torch.equal(one[severity], two[severity]) for severity in one)


@pytest.mark.parametrize("part", [*AXES, "affnist"])
def test_a_limit_does_not_change_what_an_image_goes_through(part):
    images = digits("test").limit(30)
    few = images.limit(4)
    rows = torch.isin(images.ids, few.ids)
    one, two = shown(part, images=images, canvas=40), shown(part, images=few, canvas=40)
    for severity, pixels in two.items():
        torch.testing.assert_close(pixels, one[severity][rows], atol=1e-6, rtol=0.0)


@pytest.mark.parametrize("part", ["rotation", "translation"])
def test_no_ink_is_ever_cropped_silently(part):
    images = digits("test").limit(20)
    for severity, pixels in shown(part, images=images).items():
        ratio = pixels.sum(dim=(1, 2, 3)) / images.images.sum(dim=(1, 2, 3))
        assert ratio.numpy() == pytest.approx(np.ones(20), abs=0.03), severity


def test_what_would_be_cut_is_left_out_and_counted():
    images = digits("test").limit(20)
    outcome = Affine()(Constant(classes=10), images, part="scale")
    assert 0.4 not in outcome.observations["severity"].to_numpy()
    assert outcome.left_out == {"ink would leave the canvas": 20}


def test_translation_over_the_edge_is_left_out_and_counted():
    settings = {"translation": (0.0, 6.0)}
    outcome = Affine(**settings)(Constant(classes=10), digits("test").limit(20), part="translation")
    kept = (outcome.observations["severity"] == 6.0).sum()
    assert 0 < kept < 20
    assert outcome.left_out == {"ink would leave the canvas": 20 - kept}


def test_affnist_compares_each_digit_with_itself_at_the_same_place():
    outcome = Affine()(Constant(40, classes=10), digits("test").limit(10), part="affnist")
    by_severity = outcome.observations.groupby("severity")["unit_id"].apply(list)
    assert by_severity[0.0] == by_severity[1.0]
    assert len(by_severity[0.0]) == 10


def test_affnist_is_only_for_its_canvas():
    with pytest.raises(UsageFault, match="expected a network for 40x40"):
        Affine()(Constant(), bars(), part="affnist")


def test_images_larger_than_the_canvas_are_refused():
    with pytest.raises(UsageFault, match="expected images up to 20 pixels"):
        Affine()(Constant(20), bars(), part="rotation")


def test_parts_fit_the_view():
    assert Affine().parts("single") == AXES
    assert Affine().parts("placed") == (*AXES, "affnist")
    assert Affine().parts("pairs") == ()


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"rotation": (0.0, 190.0)}, "rotation from 0 to 180, got 190"),
        ({"rotation": (-5.0, 0.0)}, "rotation from 0 to 180, got -5"),
        ({"shear": (0.1, 0.2)}, "shear once each and with 0"),
        ({"scale": (0.0, 0.1, 0.1)}, "scale once each"),
        ({"scale": (0.0, -1.0)}, "scale from -0.9"),
        ({"translation": ()}, "translation once each and with 0"),
        ({"translation_placed": (0.0, float("nan"))}, "got nan"),
        ({"cut": 1.0}, r"cut in \[0, 1\)"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(settings, says):
    with pytest.raises(UsageFault, match=says):
        Affine(**settings)
