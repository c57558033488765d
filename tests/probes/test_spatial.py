"""The spatial worst case: known answers of toys, what stands above what, who is searched for."""

import pytest
import torch

from capsprobe.data.digits import digits
from capsprobe.faults import UsageFault
from capsprobe.models.checkpoints import load_model
from capsprobe.probes.spatial import Spatial
from tests.data.toys import bars
from tests.probes.toys import Constant, Toy, Upright, Weigher, standing

RANDOM, WORST, GRID = "spatial/random", "spatial/worst-of-10", "spatial/grid"


class Template(Toy):
    """Knows the bars by heart: overlap with each of them, less what lies outside."""

    def __init__(self, canvas: int = 28) -> None:
        super().__init__(canvas)
        rim = (canvas - 28) // 2
        known = torch.nn.functional.pad(bars(per_class=1).images, (rim,) * 4)
        self.register_buffer("known", known.flatten(1))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return -torch.cdist(images.flatten(1), self.known)


class Cornered(Toy):
    """Says class 0 unless the ink lies more than 2.9 pixels below and right of the middle."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        middle = (torch.arange(self.frame.canvas) - (self.frame.canvas - 1) / 2.0).float()
        weight = images[:, 0] / images[:, 0].sum(dim=(1, 2), keepdim=True)
        down = weight.sum(dim=2) @ middle
        right = weight.sum(dim=1) @ middle
        far = (torch.minimum(down, right) > 2.9).float()
        rest = torch.full((len(images), self.frame.classes - 2), -1.0)
        return torch.cat([torch.stack([1.0 - far, far], dim=1), rest], dim=1)


def measured(network, images, **settings):
    settings = {"turns": 5, "moves": 3, **settings}
    return Spatial(**settings)(network, images, part="spatial")


def values(outcome, metric="correct"):
    """Return a column for each condition and severity, a row an image."""
    rows = outcome.observations[outcome.observations["metric"] == metric]
    return rows.pivot_table(index="unit_id", columns=["condition", "severity"], values="value")


@pytest.fixture(scope="module")
def digits_outcome():
    network = load_model("cnn", dataset="digits", seed=0)
    return measured(network, digits("test").limit(60), limit=20)


def test_it_holds_the_grid_of_the_protocol():
    (_, _, grid) = Spatial().conditions
    assert (grid.name, "a grid of 775, up to 30 degrees and 3 pixels" in grid.description) == (
        GRID,
        True,
    )


def test_a_network_that_only_weighs_ink_is_never_broken():
    outcome = measured(Weigher(), bars(), limit=12)
    assert set(outcome.observations["value"]) == {1.0}
    assert len(outcome.samples) == 0


@pytest.mark.parametrize("canvas", [28, 40])
def test_a_template_is_right_when_clean_and_broken_by_moves(canvas):
    outcome = measured(Template(canvas), bars(), limit=12)
    found = values(outcome).mean()
    assert [found[name, 0.0] for name in (RANDOM, WORST, GRID)] == [1.0, 1.0, 1.0]
    assert found[GRID, 1.0] <= found[WORST, 1.0] < 1.0
    # Three pixels aside, a bar overlaps each template by a column; the shortest is missed by least.
    for label in (1, 2, 3):
        assert not values(outcome, f"correct_{label}")[GRID, 1.0].any()


def test_a_network_that_looks_for_height_bears_small_turns_of_tall_bars():
    found = values(measured(Upright(), standing(), limit=6)).mean()
    assert found.tolist() == [1.0] * 6


def test_only_the_grid_finds_what_few_shifts_break():
    images = standing()
    found = values(measured(Cornered(classes=4), images, limit=6)).mean()
    assert [found[name, 1.0] for name in (RANDOM, WORST, GRID)] == [1.0, 1.0, 0.0]


def test_at_worst_no_image_fares_better_than_clean_or_by_chance(digits_outcome):
    found = values(digits_outcome)
    assert (found[WORST, 1.0] <= found[WORST, 0.0]).all()
    assert (found[WORST, 1.0] <= found[RANDOM, 1.0]).all()
    few = found[found[GRID, 0.0].notna()]
    assert (few[GRID, 1.0] <= few[GRID, 0.0]).all()
    assert 0.0 < found[WORST, 1.0].mean() < found[RANDOM, 1.0].mean() < 1.0


def test_more_draws_only_break_more():
    network, images = load_model("cnn", dataset="digits", seed=0), digits("test").limit(30)
    few, more = (values(measured(network, images, draws=k, limit=1)) for k in (1, 10))
    assert (few[RANDOM, 1.0] >= few["spatial/worst-of-1", 1.0]).all()
    assert more[WORST, 1.0].mean() < few["spatial/worst-of-1", 1.0].mean()


def test_no_more_images_than_the_limit_go_through_the_grid(digits_outcome):
    images = digits("test").limit(60)
    found = values(digits_outcome)
    few = found.index[found[GRID, 1.0].notna()]
    assert set(few) == set(images.limit(20).ids.tolist())
    assert found[WORST, 1.0].notna().all()
    assert digits_outcome.left_out == {"beyond the limit of images put through the grid": 40}


def test_every_class_is_told_apart(digits_outcome):
    images = digits("test").limit(60)
    whole = values(digits_outcome)
    for label in images.labels.unique().tolist():
        ids = images.ids[images.labels == label].tolist()
        own = values(digits_outcome, f"correct_{label}")
        assert own.index.tolist() == sorted(ids)
        assert own[WORST, 1.0].tolist() == whole.loc[own.index, (WORST, 1.0)].tolist()


def test_samples_were_right_when_clean(digits_outcome):
    samples = digits_outcome.samples
    assert set(samples["condition"]) == {RANDOM, WORST, GRID}
    assert (samples["clean_prediction"] == samples["label"]).all()
    assert (samples["prediction"] != samples["label"]).all()
    assert (samples["severity"] == 1.0).all()


def test_a_limited_set_meets_the_same_draws():
    network, images = load_model("cnn", dataset="digits", seed=0), digits("test").limit(60)
    whole, few = (values(measured(network, each, limit=1)) for each in (images, images.limit(15)))
    assert whole.loc[few.index, (WORST, 1.0)].tolist() == few[WORST, 1.0].tolist()


def test_images_larger_than_the_canvas_are_refused():
    with pytest.raises(UsageFault, match="expected images up to 20 pixels"):
        measured(Constant(20), bars())


def test_networks_of_pairs_are_not_asked():
    assert Spatial().parts("single") == Spatial().parts("placed") == ("spatial",)
    assert Spatial().parts("pairs") == ()


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"degrees": 0.0}, "expected degrees above 0, up to 180, got 0"),
        ({"degrees": float("nan")}, "expected degrees above 0, up to 180, got nan"),
        ({"pixels": 41.0}, "expected pixels above 0, up to 40, got 41"),
        ({"turns": 30}, "expected turns odd and at least 3, got 30"),
        ({"moves": 1}, "expected moves odd and at least 3, got 1"),
        ({"draws": 0}, "expected draws of at least 1, got 0"),
        ({"limit": 0}, "expected limit of at least 1, got 0"),
        ({"cut": 1.0}, r"expected cut in \[0, 1\)"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(settings, says):
    with pytest.raises(UsageFault, match=says):
        Spatial(**settings)
