"""What a network costs: counted as in the literature, timed by a clock that is told the time."""

import numpy as np
import pytest
import torch
from torch import nn

from capsprobe.data.digits import digits
from capsprobe.faults import ModelFault, UsageFault
from capsprobe.models.base import Frame, models
from capsprobe.models.capsules import Votes
from capsprobe.models.checkpoints import build
from capsprobe.models.decoder import attach
from capsprobe.models.own.adopted import adopt
from capsprobe.probes import cost
from capsprobe.probes.cost import Expense
from capsprobe.tables import PROBE_COLUMNS
from tests.data.toys import bars
from tests.models.clocks import Clock, Slow
from tests.models.own import toys
from tests.models.own.public_capsnet import capsnet as public_capsnet
from tests.probes.toys import Constant, Toy

PARTS = ("size", "latency", "block", "iterations", "memory")
FEW = Expense(latency_batches=(1, 6), memory_batches=(6,), routing_batch=6, repeats=3, seconds=1e-9)
FRAME = Frame(width=8, types=2)


class Timed(Toy):
    """Takes a millisecond for each image, and two back."""

    def __init__(self, clock):
        super().__init__()
        self.clock, self.seen = clock, []

    def forward(self, images):
        self.seen.append(images)
        slow = Slow.apply(images, self.clock, 1.0, 2.0)
        return slow.sum(dim=(1, 2, 3))[:, None] * (1.0 + self.idle) * torch.ones(1, 4)


class Pixels(Toy):
    """One linear layer."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(784, 4)

    def forward(self, images):
        return self.layer(images.flatten(1))


def compact(name="capsnet", *, decoder=False):
    return build(name, FRAME, seed=0, decoder=decoder).eval()


def measured(network, part, probe=FEW, images=None):
    rows = probe(network, images or bars(), part=part).observations
    return {
        place: values.to_numpy()
        for place, values in rows.groupby(["condition", "severity", "metric"])["value"]
    }


def counted(network):
    return {metric: value.item() for (*_, metric), value in measured(network, "size").items()}


def test_the_full_size_capsnet_spends_nearly_everything_in_primary_caps():
    # Sabour et al. 2017, sec. 4.1 has 8.2 M parameters with the decoder, 6.8 M without.
    network = models["capsnet-sabour"](Frame(classes=10))
    attach(network)
    found = counted(network)
    assert found["parameters"] == 6_804_224
    assert found["parameters"] + found["decoder_parameters"] == 8_215_568
    assert found["macs"] == pytest.approx(201.8e6, abs=0.05e6)
    shares = {name: 100 * found[f"macs_{name}"] / found["macs"] for name in _SHARES}
    assert shares == pytest.approx(_SHARES, abs=0.05)
    assert shares["votes"] == pytest.approx(0.73, abs=0.005)
    assert shares["routing"] == pytest.approx(0.46, abs=0.005)


_SHARES = {"primary": 94.7, "votes": 0.73, "routing": 0.46, "trunk": 98.81}


def test_of_a_network_there_is_what_it_has():
    routed = counted(compact(decoder=True))
    assert set(routed) == {
        "parameters",
        "decoder_parameters",
        "macs",
        *(f"macs_{name}" for name in _SHARES),
    }
    assert routed["macs"] == sum(routed[f"macs_{part}"] for part in ("trunk", "votes", "routing"))
    assert set(counted(compact("cnn"))) == {"parameters", "macs"}
    assert set(counted(compact("se-head"))) == {"parameters", "macs", "macs_primary"}


def test_a_layer_of_ones_own_by_hand():
    assert counted(Pixels()) == {"parameters": 784 * 4 + 4 + 1, "macs": 784 * 4}


def test_latencies_are_what_the_clock_says_and_stand_beside_the_reference(monkeypatch):
    # Whatever takes no time by this clock, the reference too, takes the one tick of its reading.
    network = Timed(Clock(monkeypatch, tick=1.0))
    found = measured(network, "latency", Expense(repeats=4, seconds=1e6))
    for size in (1, 32, 128):
        for name, takes in (("forward", size + 1), ("training", 3 * size + 1)):
            place = (f"latency/{name}", float(size))
            np.testing.assert_allclose(found[*place, "latency_ms"], [takes] * 4)
            np.testing.assert_allclose(found[*place, "reference_ms"], [1.0] * 4)
            np.testing.assert_allclose(found[*place, "relative_latency"], [takes] * 4)
    assert len(found) == 3 * 2 * 3


def test_a_batch_is_filled_with_the_same_images_again(monkeypatch):
    network, images = Timed(Clock(monkeypatch, tick=1.0)), bars()
    measured(network, "latency", Expense(latency_batches=(32,), repeats=3), images)
    full = [seen for seen in network.seen if len(seen) == 32]
    assert full
    for seen in full:
        expected = torch.cat([images.images] * 3)[:32]
        assert torch.equal(seen.detach(), expected)


@pytest.mark.parametrize(("part", "trunk"), [("block", 0.0), ("iterations", 4.0)])
def test_time_grows_by_what_an_iteration_takes(monkeypatch, part, trunk):
    clock, network = Clock(monkeypatch, tick=0.5), compact()
    route, children_of = Votes.route, network.children_of

    def slow_route(votes, children, *, routing, iterations):
        clock.pass_by(1.0 + 3.0 * iterations)
        return route(votes, children, routing=routing, iterations=iterations)

    def slow_children_of(images):
        clock.pass_by(4.0)
        return children_of(images)

    monkeypatch.setattr(Votes, "route", slow_route)
    monkeypatch.setattr(network, "children_of", slow_children_of)
    found = measured(network, part)
    expected = [trunk + 1.5 + 3.0 * iterations for iterations in range(1, 6)]
    (condition,) = {condition for condition, *_ in found}
    medians = [np.median(found[condition, float(r), "latency_ms"]) for r in range(1, 6)]
    np.testing.assert_allclose(medians, expected)


def test_memory_by_hand():
    found = measured(Pixels(), "memory", Expense(memory_batches=(5, 6)))
    for size in (5, 6):
        scores, gradients = size * 4, size * 784 + 784 * 4 + 4
        assert found["memory/forward", size, "peak_memory_mib"] == 4 * scores / 2**20
        # With the sum and its own gradient.
        assert found["memory/training", size, "peak_memory_mib"] == 4 * (gradients + 2) / 2**20


@pytest.mark.parametrize("part", ["size", "memory"])
def test_size_and_memory_repeat_exactly(part):
    for one, other in zip(*(measured(compact(), part).items() for _ in range(2)), strict=True):
        assert one == other


def used():
    network = compact()
    network.train()
    network.trunk.eval()
    network.votes.requires_grad_(False)
    return network


@pytest.mark.parametrize("part", PARTS)
def test_the_network_is_left_as_found(part):
    network = used()
    before = _state(network)
    measured(network, part)
    assert _state(network) == before


@pytest.mark.parametrize("part", ["latency", "block", "iterations", "memory"])
def test_the_network_is_left_as_found_after_an_error(monkeypatch, part):
    network, calls, route = used(), [], Votes.route
    own = network.iterations

    def failing(votes, children, *, routing, iterations):
        calls.append((network.iterations, network.votes.weight.requires_grad))
        # Whether memory is asked for first, and how many passes that takes, differs.
        if len(calls) >= 5 and (part != "iterations" or network.iterations != own):
            raise RuntimeError("inside")
        return route(votes, children, routing=routing, iterations=iterations)

    before = _state(network)
    monkeypatch.setattr(Votes, "route", failing)
    with pytest.raises(RuntimeError, match="inside"):
        measured(network, part)
    assert _state(network) == before
    # What had to be put back.
    assert calls[-1][1] and (calls[-1][0] != own) == (part == "iterations")


def _state(network):
    return (
        network.routing,
        network.iterations,
        network.batch_size,
        [module.training for module in network.modules()],
        [weight.requires_grad for weight in network.parameters()],
        [weight.grad for weight in network.parameters()],
        [weight.detach().sum().item() for weight in network.parameters()],
    )


@pytest.mark.parametrize("network", [compact("cnn"), compact("senet"), compact("se-head")])
@pytest.mark.parametrize("part", ["block", "iterations"])
def test_a_network_without_routing_has_no_part_about_routing(network, part):
    assert FEW.lacks_for(network, part) == "a routing that capsprobe computes"
    with pytest.raises(UsageFault, match="expected a network with a routing"):
        FEW(network, bars(), part=part)


def test_every_network_joins_and_those_that_route_in_all_parts():
    assert FEW.parts("single") == PARTS
    assert FEW.parts("placed") == FEW.parts("pairs") == ()
    for name in ("capsnet", "capsnet-em", "capsnet-uniform", "capsnet-sabour"):
        assert not any(FEW.lacks_for(models[name](FRAME), part) for part in PARTS)
    assert not FEW.lacks(Constant())


def test_a_network_of_the_users_own_is_measured_but_for_what_cannot_be_told():
    network = adopt(public_capsnet(), Frame())
    assert [part for part in PARTS if FEW.lacks_for(network, part)] == ["block", "iterations"]
    assert set(counted(network)) == {"parameters", "macs"}
    measurement = FEW(network, digits("test").limit(4), part="latency")
    # It is shown an image that comes alone twice: that would be the time of two.
    assert set(measurement.observations["severity"]) == {6.0}
    assert measurement.left_out == {cost._DOUBLED: 2 * FEW.repeats}
    assert len(measured(network, "memory", images=digits("test").limit(4))) == 2


def test_a_network_without_gradients_is_only_run():
    network, images = adopt(toys.Detached(), Frame()), digits("test").limit(4)
    probe = Expense(latency_batches=(6,), memory_batches=(6, 7), repeats=3, seconds=1e-9)
    for part, left_out in (("latency", probe.repeats), ("memory", 2)):
        measurement = probe(network, images, part=part)
        assert set(measurement.observations["condition"]) == {f"{part}/forward"}
        assert measurement.left_out == {cost._NO_GRADIENT: left_out}


@pytest.mark.parametrize(
    ("part", "left_out"), [("latency", 2 * 2 * 3), ("block", 15), ("iterations", 15), ("memory", 2)]
)
def test_what_the_memory_does_not_hold_is_left_out_and_counted(monkeypatch, part, left_out):
    monkeypatch.setattr(cost, "fitting", lambda size, network, device: 0)
    measurement = FEW(compact(), bars(), part=part)
    assert measurement.left_out == {cost._TOO_LARGE: left_out}
    assert len(measurement.observations) == 0
    assert tuple(measurement.observations.columns) == PROBE_COLUMNS


@pytest.mark.parametrize("part", PARTS)
def test_every_row_is_of_the_network_or_of_a_repeat(part):
    rows = FEW(compact(), bars(), part=part).observations
    units = rows.groupby("unit")["unit_id"].unique().map(sorted).to_dict()
    assert units == ({"network": [0]} if part in ("size", "memory") else {"repeat": [0, 1, 2]})


@pytest.mark.parametrize("part", PARTS)
def test_no_network_that_cannot_answer_is_measured(part):
    network = compact()
    with torch.no_grad():
        network.votes.weight.fill_(float("nan"))
    with pytest.raises(ModelFault, match="finite"):
        FEW(network, bars(), part=part)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"latency_batches": ()}, "latency_batches"),
        ({"memory_batches": (0, 1)}, "memory_batches"),
        ({"routing_batch": 0}, "routing_batch"),
        ({"iterations": (1, 1)}, "iterations"),
        ({"iterations": (1, 101)}, "1 to 100 routing iterations, got 101"),
        ({"repeats": 2}, "at least 3 repeats, got 2"),
        ({"seconds": 0.0}, "seconds > 0, got 0"),
        ({"seconds": float("nan")}, "seconds > 0, got nan"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(settings, says):
    with pytest.raises(UsageFault, match=says):
        Expense(**settings)
