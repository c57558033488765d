"""The strength probe: an honest network passes every light, each planted cheat is caught by one."""

from dataclasses import replace

import pandas as pd
import pytest
import torch

from capsprobe.attacks.base import attacks
from capsprobe.data.images import ImageSet
from capsprobe.data.views import load_images
from capsprobe.faults import UsageFault
from capsprobe.models.checkpoints import load_model
from capsprobe.probes.strength import Strength
from capsprobe.stats.lights.signs import LIGHTS
from capsprobe.stats.lights.table import is_shown, lights, not_shown
from tests.attacks.cheats import (
    Detached,
    Honest,
    Restless,
    Rounded,
    Softmax,
    Squashed,
    Stretched,
    placed,
)

THREATS = ("linf", "l2")
# The light that is meant for each cheat; others may fail too.
CHEATS = {
    Rounded: "gradient",
    Stretched: "gradient",
    Detached: "gradient",
    Restless: "repeatable",
    Softmax: "unbounded",
    Squashed: "unbounded",
}


@pytest.fixture(scope="module")
def images():
    pixels, labels = placed()
    ids = torch.arange(len(labels))
    return ImageSet(name="ink", split="test", classes=3, images=pixels, labels=labels, ids=ids)


def judged(network, images, *, threats=THREATS, probe=None):
    """Return the lights of a network, as a study would hand them over."""
    probe = probe or Strength()
    tables = [probe(network, images, part=threat).observations for threat in threats]
    rows = pd.concat(tables, ignore_index=True)
    return lights(rows.assign(probe="strength", model="m", training_seed=0, dataset="ink"))


def states(table, threat):
    return table[table["threat"] == threat].set_index("light")["state"].to_dict()


@pytest.mark.parametrize("threat", THREATS)
def test_an_honest_linear_network_passes_every_light(threat, images):
    table = judged(Honest(), images, threats=(threat,))
    assert states(table, threat) == dict.fromkeys(LIGHTS, "passed") | {"transfer": "not checked"}
    assert is_shown(table, "m", "ink", threat)


@pytest.mark.parametrize("threat", THREATS)
def test_a_shipped_cnn_passes_every_light(threat):
    probe = Strength(limit=8, queries=20)
    table = judged(load_model("cnn"), load_images("digits"), threats=(threat,), probe=probe)
    assert states(table, threat) == dict.fromkeys(LIGHTS, "passed") | {"transfer": "not checked"}


@pytest.mark.parametrize("cheat", CHEATS, ids=lambda kind: kind.__name__)
def test_no_planted_cheat_is_shown_to_be_robust(cheat, images):
    table = judged(cheat(Honest()), images, probe=Strength(limit=6, steps=10, queries=20))
    found = {key.threat: failed for key, failed in not_shown(table).items()}
    assert set(found) == set(THREATS)
    assert all(CHEATS[cheat] in failed for failed in found.values())
    assert not any(is_shown(table, "m", "ink", threat) for threat in THREATS)


def test_a_shipped_network_whose_outputs_are_rounded_is_not_shown_to_be_robust():
    probe = Strength(limit=4, steps=5, queries=10)
    network = Rounded(load_model("cnn"))
    table = judged(network, load_images("digits"), threats=("linf",), probe=probe)
    (failed,) = not_shown(table).values()
    assert "gradient" in failed


def test_pgd_is_that_of_the_adversarial_probe(images):
    network, probe = Honest(), Strength()
    chosen = images.limit(probe.limit)
    rows = probe(network, images, part="linf").observations
    stands = rows.query("condition == 'linf/pgd' and severity == 0.05").set_index("unit_id")
    pgd = attacks["pgd"].within("quick")
    assert (pgd.steps, pgd.restarts) == (probe.steps, probe.restarts)
    broken = torch.zeros(len(chosen), dtype=torch.bool)
    for name in ("margin", "scores"):
        tried = pgd(
            network.eval(), chosen.images, chosen.labels, epsilon=0.05, seed=1, output_map=name
        )
        broken |= network(tried).argmax(dim=1) != chosen.labels
    assert stands["value"].tolist() == (~broken).double().tolist()


def test_the_three_epsilons_are_attacked_each_from_the_clean_image(images):
    rows = Strength(linf=0.25)(Honest(), images, part="linf").observations
    assert sorted(rows.query("condition == 'linf/pgd'")["severity"].unique()) == [0, 0.25, 0.5, 1]


def test_images_that_are_wrong_when_clean_never_stand(images):
    wrong = replace(images, labels=(images.labels + 1) % 3)
    rows = Strength()(Honest(), wrong, part="linf").observations
    assert (rows.loc[rows["metric"] == "correct", "value"] == 0.0).all()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"linf": 0.0}, r"expected linf in \(0, 0.5\], got 0"),
        ({"linf": 0.6}, "expected linf in"),
        ({"l2": float("nan")}, r"expected l2 in \(0, 128\], got nan"),
        ({"steps": 0}, "expected steps >= 1, got 0"),
        ({"restarts": 0}, "expected restarts >= 1, got 0"),
        ({"queries": 0}, "expected queries >= 1, got 0"),
        ({"draws": 0}, "expected draws >= 1, got 0"),
        ({"limit": 0}, "expected limit >= 1, got 0"),
    ],
)
def test_settings_that_cannot_be_meant_are_one_clear_line(settings, words):
    with pytest.raises(UsageFault, match=words):
        Strength(**settings)


def test_the_global_generator_is_left_as_found(images):
    before = torch.get_rng_state()
    Strength(limit=4)(Honest(), images, part="l2")
    assert torch.equal(torch.get_rng_state(), before)
