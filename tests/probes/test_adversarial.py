"""The adversarial probe: settings, what it writes, and attacks that never flatter."""

from dataclasses import fields

import pytest
import torch

from capsprobe.data.views import load_images
from capsprobe.faults import UsageFault
from capsprobe.models.checkpoints import load_model
from capsprobe.probes.adversarial import Adversarial
from capsprobe.tables import SAMPLE_COLUMNS
from tests.oracles.attacks import robust_directly
from tests.probes.toys import accuracy

LINF, L2 = (0.05, 0.1, 0.2), (0.5, 1.0, 2.0)
COUNT = 12


@pytest.fixture(scope="module")
def images():
    return load_images("digits").limit(COUNT)


@pytest.fixture(scope="module")
def measured(images):
    """Return networks and what the probe says of each, part by part."""
    probe = Adversarial(linf=LINF, l2=L2, queries=5)
    networks = {name: load_model(name) for name in ("capsnet", "senet")}
    return {
        (name, part): (network, probe(network, images, part=part))
        for name, network in networks.items()
        for part in ("linf", "l2")
    }


CASES = [(name, part) for name in ("capsnet", "senet") for part in ("linf", "l2")]
every_case = pytest.mark.parametrize("case", CASES, ids="-".join)


@every_case
def test_torchattacks_without_our_adapter_finds_no_lower_robust_accuracy(measured, images, case):
    network, measurement = measured[case]
    found = accuracy(measurement).loc[f"{case[1]}/worst"]
    for epsilon in {"linf": LINF, "l2": L2}[case[1]]:
        direct = robust_directly(network, images.images, images.labels, case[1], epsilon, steps=20)
        assert direct >= found[epsilon] - 1e-12


@every_case
def test_every_condition_has_each_image_at_each_severity(measured, images, case):
    _, measurement = measured[case]
    table = measurement.observations.query("metric == 'correct'")
    epsilons = {"linf": LINF, "l2": L2}[case[1]]
    expected = {
        condition.name
        for condition in Adversarial().conditions
        if condition.name.startswith(f"{case[1]}/")
    }
    assert set(table["condition"]) == expected
    assert len(table) == len(expected) * (1 + len(epsilons)) * COUNT
    assert set(table["severity"]) == {0.0, *epsilons}
    assert set(table["unit_id"]) == set(images.ids.tolist())
    assert set(table["unit"]) == {"image"}


@every_case
def test_robust_accuracy_never_rises_and_falls_to_nothing(measured, case):
    _, measurement = measured[case]
    table = accuracy(measurement)
    assert (table.diff(axis=1).iloc[:, 1:] <= 0.0).all(axis=None)
    assert table[0.0].nunique() == 1 and table[0.0].iloc[0] > 0.9
    assert table.loc[f"{case[1]}/worst"].iloc[-1] < 0.1


@every_case
def test_worst_is_image_by_image_the_least_of_its_parts(measured, case):
    _, measurement = measured[case]
    table = measurement.observations.query("metric == 'correct'").pivot_table(
        index=["severity", "unit_id"], columns="condition", values="value"
    )
    part = case[1]
    names = [name for name in table if name.count("/") == 1 and not name.endswith("worst")]
    assert (table[f"{part}/worst"] == table[names].min(axis=1)).all()


@every_case
def test_black_boxes_only_add_to_what_gradients_broke(measured, case):
    _, measurement = measured[case]
    table = accuracy(measurement)
    if case[1] == "linf":
        assert (table.loc["linf/square"] <= table.loc["linf/pgd"]).all()


@every_case
def test_sizes_are_those_of_images_at_the_epsilon_that_broke_them(measured, case):
    _, measurement = measured[case]
    table = measurement.observations
    sizes = table.query("metric == 'perturbation_norm'")
    assert set(sizes["condition"]) == {f"{case[1]}/worst"}
    assert (sizes["value"] <= sizes["severity"] + 1e-6).all() and (sizes["value"] > 0.0).all()
    worst = table.query(f"metric == 'correct' and condition == '{case[1]}/worst'")
    stand = worst.groupby("unit_id")["value"].sum()
    severities = [0.0, *{"linf": LINF, "l2": L2}[case[1]]]
    for row in sizes.itertuples():
        assert severities[int(stand[row.unit_id])] == row.severity


@every_case
def test_samples_were_right_when_clean_and_are_wrong_now(measured, images, case):
    network, measurement = measured[case]
    samples = measurement.samples
    assert tuple(samples.columns) == SAMPLE_COLUMNS and len(samples) > 0
    for row in samples.itertuples():
        assert row.label == row.clean_prediction != row.prediction
        assert row.condition == f"{case[1]}/worst"
        place = images.ids.tolist().index(row.unit_id)
        clean = torch.tensor(row.clean, dtype=torch.float32).reshape(1, 28, 28) / 255
        torch.testing.assert_close(clean, images.images[place], atol=0.5 / 255, rtol=0.0)
        change = torch.tensor(row.perturbed) - torch.tensor(row.clean)
        limit = 255 * row.severity + 1.0
        assert change.abs().max() <= limit and change.abs().max() > 0


def test_a_measurement_repeats(images):
    probe = Adversarial(linf=(0.1,), steps=3, queries=3, limit=8)
    network = load_model("capsnet")
    one = probe(network, images, part="linf").observations
    torch.manual_seed(5)
    assert one.equals(probe(network, images, part="linf").observations)


def test_half_precision_finds_what_counts_in_single(images):
    network = load_model("capsnet")
    settings = {"linf": (0.05, 0.1, 0.2), "steps": 10, "queries": 3}
    half = Adversarial(**settings, dtype="bf16")(network, images, part="linf")
    full = Adversarial(**settings)(network, images, part="linf")
    one, other = accuracy(half).loc["linf/worst"], accuracy(full).loc["linf/worst"]
    assert (one - other).abs().max() <= 2 / COUNT and one[0.2] == 0.0
    for row in half.samples.itertuples():
        assert row.prediction != row.label


def test_images_beyond_the_limit_are_counted(images):
    probe = Adversarial(linf=(0.1,), steps=1, queries=1, limit=8)
    measurement = probe(load_model("cnn"), images, part="linf")
    assert measurement.observations["unit_id"].nunique() == 8
    assert measurement.left_out == {"beyond the limit of attacked images": COUNT - 8}


def test_zero_among_the_epsilons_is_the_clean_row_that_is_always_there(images):
    network = load_model("cnn")
    settings = {"steps": 1, "queries": 1, "limit": 5}
    one = Adversarial(l2=(0.0, 0.5), **settings)(network, images, part="l2")
    other = Adversarial(l2=(0.5,), **settings)(network, images, part="l2")
    assert one.observations.equals(other.observations)


def test_a_norm_without_epsilons_is_left_out():
    probe = Adversarial(l2=(), budget="standard")
    assert probe.parts("single") == ("linf",)
    assert not any("l2" in text for text in probe.forgone)
    network = load_model("cnn")
    for least, both in zip(probe.costs(network, 5), Adversarial().costs(network, 5), strict=True):
        assert least.most[1] < both.most[1]


def test_with_zero_alone_only_the_clean_rows_are_written(images):
    measurement = Adversarial(linf=(0.0,), limit=5)(load_model("cnn"), images, part="linf")
    assert set(measurement.observations["severity"]) == {0.0}
    assert len(measurement.samples) == 0


def test_an_epsilon_beyond_the_box_is_refused_before_any_attack(images):
    with pytest.raises(UsageFault, match="expected l2 epsilon in"):
        Adversarial(l2=(0.5, 28.5))(load_model("cnn"), images, part="l2")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"linf": (), "l2": ()}, "expected an epsilon in linf or l2, got none"),
        ({"linf": (0.1, 1.5)}, "expected linf epsilons from 0 to 1, got 1.5"),
        ({"linf": (-0.1,)}, "expected linf epsilons from 0 to 1, got -0.1"),
        ({"linf": (float("nan"),)}, "got nan"),
        ({"linf": (0.2, 0.1)}, "in rising order, each once, got 0.2, 0.1"),
        ({"l2": (0.5, 0.5)}, "in rising order, each once, got 0.5, 0.5"),
        ({"l2": (-1.0,)}, "expected l2 epsilons from 0"),
        ({"l2": (float("inf"),)}, "got inf"),
        ({"steps": 0}, "expected steps >= 1, got 0"),
        ({"restarts": 0}, "expected restarts >= 1, got 0"),
        ({"queries": 0}, "expected queries >= 1, got 0"),
        ({"limit": 0}, "expected a limit of at least 1 image, got 0"),
        ({"maps": ()}, "expected one output map or more, each once, got none"),
        ({"maps": ("scores", "scores")}, "each once, got scores, scores"),
        ({"maps": ("margins",)}, "unknown output map 'margins'. Did you mean 'margin'?"),
        ({"budget": "standrd"}, "unknown budget 'standrd'. Did you mean 'standard'?"),
        ({"dtype": "fp16"}, "unknown dtype 'fp16'. Did you mean 'bf16'?"),
    ],
)
def test_settings_that_cannot_be_meant_are_one_clear_line(settings, words):
    with pytest.raises(UsageFault, match=words) as caught:
        Adversarial(**settings)
    assert "\n" not in str(caught.value)


def test_settings_are_plain_values():
    probe = Adversarial()
    for field in fields(probe):
        value = getattr(probe, field.name)
        plain = value is None or isinstance(value, int | str)
        assert plain or all(isinstance(each, float | str) for each in value)


def test_the_default_budget_runs_what_it_always_ran():
    names = [condition.name for condition in Adversarial().conditions]
    quick = ["linf/fgsm", "linf/pgd", "linf/square", "linf/worst", "l2/pgd", "l2/worst"]
    assert names == quick


def test_what_is_named_comes_before_the_budget(images):
    network, epsilons = load_model("cnn"), {"linf": (0.05, 0.1), "limit": 4}
    named = Adversarial(**epsilons, steps=20, restarts=1, queries=40, maps=("margin", "scores"))
    left = Adversarial(**epsilons)
    one, other = (probe(network, images, part="linf").observations for probe in (named, left))
    assert one.equals(other)
