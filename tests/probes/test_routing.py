import pandas as pd
import pytest
import torch

from capsprobe.data.digits import digits
from capsprobe.faults import UsageFault
from capsprobe.models.base import Frame
from capsprobe.models.checkpoints import build, load_model
from capsprobe.models.swapping import swapped
from capsprobe.probes.routing import Routing
from capsprobe.routing.base import routings
from tests.probes.toys import Constant

IMAGES = digits("test").limit(30)
PROBE = Routing(iterations=4, swap_iterations=(1, 3), restarts=1)


@pytest.fixture(scope="module")
def trained():
    return load_model("capsnet", dataset="digits", seed=0).eval()


def wide(probe, network, part, images=IMAGES):
    rows = probe(network, images, part=part).observations
    return rows.pivot(index="unit_id", columns=["condition", "metric", "severity"], values="value")


def test_it_asks_everything_of_single_digits_and_nothing_of_pairs():
    parts = PROBE.parts("single")
    assert parts == ("rounds", "lloyd", "concordance", "divergence", "single", "swap")
    assert PROBE.parts("pairs") == PROBE.parts("placed") == ()


def test_concordances_by_chance_are_nulls():
    nulls = {metric.name for metric in Routing.metrics if metric.null}
    ways = ("uniform", "random", "shuffled")
    assert nulls == {f"{name}_{way}" for name in ("ari", "ami") for way in ways}


@pytest.mark.parametrize("name", ["capsnet-em", "capsnet-attention", "capsnet-article"])
@pytest.mark.parametrize("part", PROBE.parts("single"))
def test_every_capsule_network_can_be_asked(name, part):
    network = build(name, Frame(width=8, types=2), seed=0, decoder=False)
    measured = PROBE(network, IMAGES.limit(6), part=part)
    assert len(measured.observations) > 0
    assert set(measured.observations["unit"]) == {"image"}


def test_what_is_right_after_t_rounds_is_what_the_network_says_with_t_rounds(trained):
    found = wide(PROBE, trained, "rounds")
    for iterations in (1, 4):
        with swapped(trained, routing="dynamic", iterations=iterations) as network:
            right = (network(IMAGES.images).argmax(dim=1) == IMAGES.labels).double()
        column = found["rounds", "correct", float(iterations)].loc[IMAGES.ids.numpy()]
        assert column.tolist() == right.tolist()


def test_every_routing_is_swapped_in_at_every_number_of_rounds(trained):
    found = wide(PROBE, trained, "swap")
    assert {condition for condition, _, _ in found} == {f"swap/{name}" for name in routings}
    assert {severity for _, _, severity in found} == {1.0, 3.0}
    for name in routings:
        with swapped(trained, routing=name, iterations=3) as network:
            predicted = network(IMAGES.images).argmax(dim=1).tolist()
        column = found[f"swap/{name}", "predicted", 3.0].loc[IMAGES.ids.numpy()]
        assert column.tolist() == predicted


def test_uniform_routing_is_even_constant_and_beside_chance():
    network = build("capsnet-uniform", Frame(width=8, types=2), seed=0, decoder=False)
    rounds = wide(PROBE, network, "rounds")
    for severity in (1.0, 4.0):
        assert rounds["rounds", "effective_parents", severity].mean() == pytest.approx(10.0)
        assert rounds["rounds", "polarisation", severity].max() < 1e-6
    apart = wide(PROBE, network, "divergence")
    assert apart.to_numpy()[~apart.isna().to_numpy()].max() < 1e-6
    alike = wide(PROBE, network, "concordance", digits("test").limit(100))
    assert alike["concordance/plusplus", "ari", 4.0].mean() == pytest.approx(0.0, abs=0.05)


def test_the_batch_does_not_change_what_chance_has_no_part_in(trained):
    whole = PROBE(trained, IMAGES, part="rounds").observations
    trained.batch_size = 7
    few = PROBE(trained, IMAGES, part="rounds").observations
    pd.testing.assert_frame_equal(whole, few, atol=1e-4)


def test_an_image_alone_in_its_class_is_left_out_and_counted(trained):
    rows = torch.cat([(IMAGES.labels == label).nonzero()[:1, 0] for label in (0, 1)])
    measured = PROBE(trained, IMAGES.take(rows), part="divergence")
    assert "js_within" not in set(measured.observations["metric"])
    assert sum(measured.left_out.values()) == 2 * PROBE.iterations


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"iterations": 0}, "expected 1 to 100 routing iterations, got 0"),
        ({"iterations": 1000}, "got 1000"),
        ({"swap_iterations": (3, 101)}, "got 101"),
        ({"restarts": 0}, "expected at least 1 of restarts and of partners, got 0"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(settings, says):
    with pytest.raises(UsageFault, match=says):
        Routing(**settings)


def test_a_network_without_votes_is_told_what_it_lacks():
    with pytest.raises(UsageFault, match="a network with votes that are routed, got Constant"):
        PROBE(Constant(), IMAGES, part="rounds")


def test_the_first_images_of_two_classes_are_kept_with_their_coefficients(trained):
    found = PROBE(trained, IMAGES, part="rounds").traces
    labels = dict(zip(IMAGES.ids.tolist(), map(str, IMAGES.labels.tolist()), strict=True))
    kept = found.groupby("unit_id")["label"].first().to_dict()
    assert len(kept) == len(set(kept.values())) == 2
    assert all(labels[unit] == label for unit, label in kept.items())
    given = found[(found["name"] == "coefficients") & (found["severity"] == 3.0)]
    for row in given.to_dict("records"):
        sums = torch.tensor(row["values"]).reshape(row["rows"], row["columns"]).sum(dim=1)
        assert sums.tolist() == pytest.approx([1.0] * row["rows"], abs=1e-5)
    assert PROBE(trained, IMAGES, part="lloyd").traces.empty
