"""Curves of networks with known answers under every kind, and what is kept to be looked at."""

import numpy as np
import pytest
import torch

from capsprobe.data.corruptions.base import corruptions
from capsprobe.data.digits import digits
from capsprobe.faults import UsageFault
from capsprobe.probes.corruption import Corruption
from capsprobe.report.kinds import CONDITIONS
from capsprobe.stats.corruption import MEAN
from capsprobe.tables import SAMPLE_COLUMNS, TRACE_COLUMNS
from tests.data.toys import bars
from tests.probes.toys import Constant, Toy, Upright, Weigher, standing

PARTS = ("blur", "clutter", "edges", "geometry", "light", "noise")


class Recorder(Toy):
    """Keeps every image that it is shown."""

    def __init__(self, canvas: int = 28) -> None:
        super().__init__(canvas, classes=10)
        self.seen: list[torch.Tensor] = []

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        self.seen.append(images.clone())
        return torch.zeros(len(images), self.frame.classes)


def curve(outcome, kind):
    rows = outcome.observations[outcome.observations["condition"] == kind]
    return rows.groupby("severity")["value"].mean().to_dict()


@pytest.mark.parametrize("part", PARTS)
def test_every_kind_has_a_condition_and_clean_rows(part):
    images = digits("test").limit(4)
    outcome = Corruption(severities=(1, 5))(Constant(classes=10), images, part=part)
    kinds = [name for name in corruptions if name.startswith(f"{part}/")]
    counts = outcome.observations.groupby(["condition", "severity"]).size()
    assert counts.to_dict() == {(kind, float(s)): 4 for kind in kinds for s in (0, 1, 5)}


def test_the_parts_are_those_of_networks_for_single_digits():
    assert Corruption().parts("single") == PARTS
    assert Corruption().parts("placed") == Corruption().parts("pairs") == ()


def test_conditions_say_which_severity_is_that_of_mnist_c():
    texts = {each.name: each.description for each in Corruption().conditions}
    assert len(texts) == 15
    assert (
        "MNIST-C's own severity is 5. At 1 to 5: photons 60, 25, 12, 5, 3." in texts["noise/shot"]
    )


def test_the_report_has_a_name_for_each_condition():
    assert set(CONDITIONS) == {MEAN, *(each.name for each in Corruption().conditions)}


@pytest.mark.parametrize("canvas", [28, 36])
def test_a_network_that_weighs_ink_bears_moves_and_turns_but_no_new_size(canvas):
    outcome = Corruption()(Weigher(canvas), bars(), part="geometry")
    assert set(curve(outcome, "geometry/translate").values()) == {1.0}
    scale = curve(outcome, "geometry/scale")
    assert scale[0.0] == 1.0
    assert scale[5.0] <= 0.25


def test_a_network_that_looks_for_height_fails_where_bars_lie_and_only_there():
    found = curve(Corruption()(Upright(), standing(), part="geometry"), "geometry/rotate")
    # Turned by 11, 23 and 57 degrees.
    assert [found[severity] for severity in (0.0, 1.0, 2.0, 5.0)] == [1.0, 1.0, 1.0, 0.0]


@pytest.mark.parametrize("part", PARTS)
def test_every_network_sees_the_same_images_and_clean_ones_once(part):
    images = digits("test").limit(3)
    one, two = Recorder(), Recorder()
    for network in (one, two):
        Corruption(severities=(2, 4))(network, images, part=part)
    kinds = sum(name.startswith(f"{part}/") for name in corruptions)
    assert len(one.seen) == 1 + 2 * kinds
    assert all(torch.equal(a, b) for a, b in zip(one.seen, two.seen, strict=True))
    assert torch.equal(one.seen[0], images.images)


def test_a_limit_changes_nothing_but_the_number():
    images = digits("test").limit(30)
    few, all_of_them = Recorder(), Recorder()
    outcome = Corruption(limit=5)(few, images, part="noise")
    Corruption()(all_of_them, images, part="noise")
    rows = torch.isin(images.ids, images.limit(5).ids)
    for a, b in zip(few.seen, all_of_them.seen, strict=True):
        torch.testing.assert_close(a, b[rows], atol=1e-6, rtol=0.0)
    assert outcome.left_out == {"beyond the limit of corrupted images": 25}


def test_samples_and_the_first_image_at_every_severity_are_kept():
    outcome = Corruption()(Upright(), standing(), part="noise")
    assert tuple(outcome.samples.columns) == SAMPLE_COLUMNS
    assert outcome.samples["condition"].is_unique
    assert tuple(outcome.traces.columns) == TRACE_COLUMNS
    kept = outcome.traces.set_index(["condition", "severity"])
    assert len(kept) == 12
    published = kept[kept["name"] == "published"].index.tolist()
    assert published == [("noise/impulse", 4.0), ("noise/shot", 5.0)]
    first = standing()
    assert set(kept["unit_id"]) == {int(first.ids[0])}
    clean = (first.images[0] * 255.0).round().flatten().tolist()
    assert kept.loc[("noise/shot", 0.0), "values"] == clean
    assert kept.loc[("noise/shot", 5.0), "values"] != clean


def test_global_generators_are_left_alone():
    torch.manual_seed(1)
    before = torch.get_rng_state()
    Corruption(severities=(1,))(Constant(classes=10), digits("test").limit(2), part="noise")
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"severities": (0, 1)}, "expected severities from 1 to 5, got 0"),
        ({"severities": (1, 6)}, "expected severities from 1 to 5, got 6"),
        ({"severities": (1, 1)}, "expected severities, each once"),
        ({"severities": ()}, "expected severities, each once"),
        ({"limit": 0}, "limit of at least 1 image, got 0"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(settings, text):
    with pytest.raises(UsageFault, match=text):
        Corruption(**settings)


def test_a_canvas_that_is_too_small_is_refused():
    with pytest.raises(UsageFault, match="expected images up to 20 pixels wide"):
        Corruption()(Constant(20, classes=10), digits("test").limit(2), part="noise")


def test_values_are_zeros_and_ones():
    outcome = Corruption()(Constant(classes=10), digits("test").limit(12), part="clutter")
    assert np.isin(outcome.observations["value"], (0.0, 1.0)).all()
