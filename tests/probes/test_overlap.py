"""Pairs: what a constant network must score, where the digits lie, who is left out."""

import pytest
import torch

from capsprobe.data import overlay, views
from capsprobe.data.digits import digits
from capsprobe.faults import DataFault, UsageFault
from capsprobe.probes.overlap import Overlap
from tests.data.toys import bars
from tests.probes.toys import Constant, Toy

METRICS = ("exact_match", "almost", "recall", "overlap_fraction")


class Recorder(Toy):
    """Keeps every image that it is shown."""

    def __init__(self, canvas: int = 36) -> None:
        super().__init__(canvas, classes=10)
        self.seen: list[torch.Tensor] = []

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        self.seen.append(images.clone())
        return torch.zeros(len(images), 10)


@pytest.fixture(scope="module")
def base():
    return digits("test").limit(60)


def values(outcome, metric):
    rows = outcome.observations[outcome.observations["metric"] == metric]
    return rows.pivot_table(index="unit_id", columns="severity", values="value")


@pytest.mark.parametrize("part", ["overlap", "multimnist"])
def test_a_constant_network_scores_what_its_two_classes_earn(part):
    outcome = Overlap()(Constant(36), bars(per_class=8), part=part)
    exact, almost, recall = (values(outcome, each) for each in METRICS[:3])
    first = torch.tensor([int(each) % 4 for each in exact.index])
    # It names 0 and 1. A pair holds two classes, so {2, 3} is the only pair with neither.
    assert bool(((exact == 1.0) == (recall == 1.0)).to_numpy().all())
    assert bool(((almost == 1.0) == (recall >= 0.5)).to_numpy().all())
    named = torch.from_numpy(recall.to_numpy(copy=True))[first < 2]
    assert named.min().item() >= 0.5
    assert 0.0 < exact.to_numpy().mean() < 0.5


def test_every_pair_is_there_once_a_severity(base):
    outcome = Overlap()(Constant(36, classes=10), base, part="overlap")
    counts = outcome.observations.groupby(["severity", "metric"]).size()
    assert set(counts.index.get_level_values("metric")) == set(METRICS)
    assert counts.loc[0.5].tolist() == [60] * 4


def test_the_measured_overlap_is_near_the_wanted_one(base):
    outcome = Overlap(tolerance=0.05)(Constant(36, classes=10), base, part="overlap")
    found = values(outcome, "overlap_fraction")
    for target in (0.0, 0.25, 0.5, 0.75, 1.0):
        assert found[target].sub(target).abs().max() <= 0.05


def test_pairs_out_of_reach_are_left_out_and_counted(base):
    probe = Overlap(overlap=(0.0, 0.5), tolerance=0.001)
    outcome = probe(Constant(36, classes=10), base, part="overlap")
    shown = int(values(outcome, "recall").notna().to_numpy().sum())
    assert 0 < shown < 120
    assert outcome.left_out == {"overlap farther from the target than allowed": 120 - shown}


def test_single_digit_networks_see_the_same_pairs_in_the_middle_of_their_canvas(base):
    pairs, placed = Recorder(36), Recorder(40)
    for network in (pairs, placed):
        Overlap()(network, base, part="overlap")
    for small, large in zip(pairs.seen, placed.seen, strict=True):
        assert torch.equal(large[:, :, 2:38, 2:38], small)
        assert large.sum().item() == pytest.approx(small.sum().item())


def test_digits_stay_whole_at_every_overlap():
    images = bars()
    network = Recorder()
    Overlap()(network, images, part="overlap")
    apart, together = network.seen[0], network.seen[-1]
    assert apart.sum().item() > together.sum().item()
    assert apart[0].sum().item() >= 2 * images.images[0].sum().item()


def test_multimnist_is_the_published_making(base):
    network = Recorder()
    outcome = Overlap(shifts=(4,))(network, base, part="multimnist")
    overlaps = values(outcome, "overlap_fraction")[4.0]
    again = views.pairs(base, pixels=4, seed=7)
    assert 0.5 < overlaps.mean() < 1.0
    assert overlaps.mean() == pytest.approx(again.parameters["overlap"].mean(), abs=0.1)
    assert network.seen[0].shape[-2:] == (overlay.CANVAS, overlay.CANVAS)


def test_multimnist_has_no_clean_severity(base):
    outcome = Overlap()(Constant(36, classes=10), base, part="multimnist")
    assert sorted(outcome.observations["severity"].unique()) == [4.0, 6.0]
    assert len(outcome.samples) == 0


def test_samples_name_both_digits():
    class Sum(Toy):
        """Right while nothing overlaps: it sees the whole ink of both bars."""

        def forward(self, images: torch.Tensor) -> torch.Tensor:
            ink = images.sum(dim=(1, 2, 3))
            known = torch.tensor([[0, 1], [0, 2], [1, 2]])
            best = (ink.unsqueeze(1) - torch.tensor([40.0, 48.0, 56.0])).abs().argmin(dim=1)
            return torch.zeros(len(images), 4).scatter(1, known[best], 1.0)

    outcome = Overlap()(Sum(36), bars(classes=3), part="overlap")
    assert values(outcome, "exact_match")[0.0].mean() == 1.0
    row = outcome.samples.iloc[0]
    assert row["label"] in ("0+1", "0+2", "1+2")
    assert row["clean_prediction"] == row["label"] != row["prediction"]
    assert len(row["clean"]) == 36 * 36


@pytest.mark.parametrize("part", ["overlap", "multimnist"])
def test_every_network_sees_the_same_pairs(base, part):
    one, two = Recorder(), Recorder()
    for network in (one, two):
        Overlap()(network, base, part=part)
    assert all(torch.equal(a, b) for a, b in zip(one.seen, two.seen, strict=True))


def test_networks_whose_canvas_is_too_small_are_refused():
    with pytest.raises(UsageFault, match="a canvas of 36 pixels or more, got 28"):
        Overlap()(Constant(28), bars(), part="overlap")


@pytest.mark.parametrize("part", ["overlap", "multimnist"])
def test_one_class_alone_makes_no_pair_and_says_so(part):
    measurement = Overlap()(Constant(36), bars(classes=1), part=part)
    assert len(measurement.observations) == 0
    ((reason, count),) = measurement.left_out.items()
    assert reason == "the images are all of one class, a pair is of two"
    wanted = {"overlap": Overlap().overlap, "multimnist": Overlap().shifts}[part]
    assert count == len(wanted) * len(bars(classes=1))


def test_a_set_in_which_no_pair_comes_near_is_refused():
    probe = Overlap(overlap=(0.0,), tolerance=0.0)
    full = bars()
    full.images[:] = 1.0
    with pytest.raises(DataFault, match="expected pairs near the wanted overlaps, got none"):
        probe(Constant(36), full, part="overlap")


def test_parts_fit_the_view():
    assert Overlap().parts("single") == ()
    assert Overlap().parts("pairs") == Overlap().parts("placed") == ("overlap", "multimnist")


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"overlap": (0.0, 1.5)}, "overlap from 0 to 1, got 1.5"),
        ({"overlap": (0.5,)}, "overlap once each and with 0"),
        ({"overlap": (0.0, 0.5, 0.5)}, "overlap once each"),
        ({"shifts": ()}, "shifts of 0 pixels or more"),
        ({"shifts": (-1,)}, "shifts of 0 pixels or more"),
        ({"shifts": (4, 4)}, "once each"),
        ({"tolerance": -0.1}, "tolerance from 0 to 1"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(settings, says):
    with pytest.raises(UsageFault, match=says):
        Overlap(**settings)
