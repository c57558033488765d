"""What holds for every probe: it leaves the network as found, repeats, and keeps its promises."""

from dataclasses import FrozenInstanceError, dataclass, fields, replace
from typing import ClassVar

import pandas as pd
import pytest
import torch

from capsprobe.data import views
from capsprobe.data.digits import digits
from capsprobe.faults import DataFault, ModelFault, UsageFault
from capsprobe.models.base import Frame
from capsprobe.models.checkpoints import build
from capsprobe.probes.base import Probe, probes
from capsprobe.tables import CORRECT, SAMPLE_COLUMNS, Condition, Measurement, observe
from tests.data.toys import bars
from tests.probes.toys import Constant

CASES = [
    (name, view, part)
    for name in probes
    for view in views.VIEWS
    for part in probes[name]().parts(view)
]


@dataclass(frozen=True, kw_only=True)
class Asking(Probe):
    """Notes how it finds the network, then returns or raises what it was told."""

    name: ClassVar = "asking"
    question: ClassVar = "?"
    metrics: ClassVar = (CORRECT,)
    outcome: pd.DataFrame | BaseException

    @property
    def conditions(self):
        return (Condition(name="turn", unit="deg"), Condition(name="turn/twice", unit="deg"))

    def measure(self, network, images, rng, part):
        assert not network.training
        assert not any(parameter.requires_grad for parameter in network.parameters())
        if isinstance(self.outcome, BaseException):
            raise self.outcome
        return Measurement(observations=self.outcome.assign(value=rng.random(len(self.outcome))))


def rows(severity=0.0, condition="turn", metric=CORRECT, values=(0.0, 1.0)):
    return observe(
        condition=condition,
        severity=severity,
        unit="deg",
        unit_ids=range(len(values)),
        metric=metric,
        values=values,
    )


def mixed():
    network = build("cnn", Frame(width=8, types=2), seed=0, decoder=False)
    network.train()
    next(network.children()).eval()
    next(network.parameters()).requires_grad_(False)
    return network


def state(network):
    modes = [module.training for module in network.modules()]
    return modes, [parameter.requires_grad for parameter in network.parameters()]


@pytest.mark.parametrize("error", [RuntimeError("broken"), KeyboardInterrupt()])
def test_the_network_is_left_as_found_after_an_error(error):
    network = mixed()
    before = state(network)
    with pytest.raises(type(error)):
        Asking(outcome=error)(network, bars(), part="turn")
    assert state(network) == before


def test_the_network_is_examined_in_eval_mode_and_left_as_found():
    network = mixed()
    before = state(network)
    Asking(outcome=rows())(network, bars(), part="turn")
    assert state(network) == before
    assert len(set(before[0])) == len(set(before[1])) == 2


def test_the_generator_depends_on_seed_and_part_alone():
    probe = Asking(outcome=rows())
    one, again, other = (
        probe(network, bars(), part="turn", seed=seed).observations
        for network, seed in ((mixed(), 0), (Constant(), 0), (Constant(), 1))
    )
    pd.testing.assert_frame_equal(one, again)
    assert not one.equals(other)


@pytest.mark.parametrize("part", ["turns", "", "turn/twice"])
def test_an_unknown_part_is_refused_with_those_known(part):
    with pytest.raises(UsageFault, match="unknown part of probe asking .*Known: turn"):
        Asking(outcome=rows())(Constant(), bars(), part=part)


def test_a_network_that_lacks_what_is_asked_about_is_refused_and_told_what():
    class Picky(Asking):
        def lacks(self, network):
            return "" if isinstance(network, Constant) else "an order"

    probe = Picky(outcome=rows())
    assert len(probe(Constant(), bars(), part="turn").observations) == 2
    with pytest.raises(UsageFault, match="probe asking: expected a network with an order, got Con"):
        probe(mixed(), bars(), part="turn")


@pytest.mark.parametrize(
    ("outcome", "says"),
    [
        (rows(severity=15.0), "expected clean rows"),
        (rows(condition="turned"), "expected conditions"),
        (pd.concat([rows(), rows()]), "expected every observation once"),
        (rows().assign(metric="colour"), "expected metrics"),
        (rows().assign(extra=1), "expected columns"),
    ],
)
def test_a_table_that_breaks_what_the_probe_declares_is_refused(outcome, says):
    with pytest.raises(DataFault, match=says):
        Asking(outcome=outcome)(Constant(), bars(), part="turn")


def few():
    return replace(digits("test").limit(4), validation=digits("validation").limit(20))


# Two runs find other times.
TIMED = {("cost", part) for part in ("latency", "block", "iterations")}


def network_for(view, name, part):
    canvas = {"single": 28, "placed": 40, "pairs": 36}[view]
    frame = Frame(canvas=canvas, width=8, types=2)
    networks = (build(model, frame, seed=0, decoder=True) for model in ("cnn", "capsnet"))
    return next(network for network in networks if not probes[name]().lacks_for(network, part))


@pytest.mark.parametrize(("name", "view", "part"), CASES)
def test_every_probe_measures_every_part_the_same_twice(name, view, part):
    network, images = network_for(view, name, part), few()
    one, two = (probes[name]()(network, images, part=part) for _ in range(2))
    if (name, part) in TIMED:
        kinds = ["condition", "severity", "unit", "metric"]
        one, two = (
            replace(each, observations=each.observations[kinds].drop_duplicates(ignore_index=True))
            for each in (one, two)
        )
    pd.testing.assert_frame_equal(one.observations, two.observations)
    assert one.left_out == two.left_out
    # Of an untrained network, or of so few images, there may be nothing to say.
    assert len(one.observations) > 0 or sum(one.left_out.values()) > 0
    if (name, part) not in TIMED:
        of_images = one.observations[one.observations["unit"] == "image"]
        assert set(of_images["unit_id"]) <= set(images.ids.tolist())


@pytest.mark.parametrize(("name", "view", "part"), CASES)
def test_every_probes_samples_can_be_shown(name, view, part):
    network, images = network_for(view, name, part), few()
    samples = probes[name]()(network, images, part=part).samples
    assert tuple(samples.columns) == SAMPLE_COLUMNS
    for row in samples.to_dict("records"):
        for picture in (row["clean"], row["perturbed"]):
            assert len(picture) == row["height"] * row["width"]
            assert 0 <= min(picture) <= max(picture) <= 255


@pytest.mark.parametrize(("name", "view", "part"), CASES)
def test_no_probe_makes_a_number_from_a_score_that_is_not_finite(name, view, part):
    network = network_for(view, name, part)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.fill_(float("nan"))
    with pytest.raises(ModelFault, match="finite"):
        probes[name]()(network, few(), part=part)


@pytest.mark.parametrize("name", list(probes))
def test_every_probe_says_what_it_asks_and_cannot_be_changed(name):
    probe = probes[name]()
    assert probe.name == name
    assert probe.question.endswith("?")
    assert len({condition.name for condition in probe.conditions}) == len(probe.conditions)
    with pytest.raises(FrozenInstanceError):
        setattr(probe, fields(probe)[0].name, None)
