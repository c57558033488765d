from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from capsprobe.claims.base import Claim, claims
from capsprobe.claims.judge import Verdict, judge
from capsprobe.faults import DataFault
from tests.claims.recorded import lit, planted

NAMES = [name for name in claims if claims[name].hypotheses]


def effects(claim: Claim, by: float) -> dict[str, float]:
    """Return effects that lie so many margins' sizes beyond each margin, or well within it."""
    return {
        f"{claim.id}/{each.id}": 0.0
        if each.kind == "within"
        else each.margin + by * (abs(each.margin) or 0.1)
        for each in claim.primary
    }


def verdict(claim: Claim, table: pd.DataFrame, **options: object) -> Verdict:
    given = {"dataset": "digits", "lights": lit(), "claims": [claim], **options}
    (found,) = judge(table, **given)
    return found


@pytest.mark.parametrize("name", NAMES)
def test_a_claim_whose_effects_are_all_planted_is_supported(name: str) -> None:
    claim = claims[name]
    found = verdict(claim, planted([claim], effects(claim, 1.0)))
    assert found.word == ("equivalent" if claim.asserts_sameness else "supported")
    assert {each.outcome for each in found.primary} == {"holds"}
    assert found.p_adjusted < 0.01
    assert found.decisive in found.primary


@pytest.mark.parametrize("name", NAMES)
def test_one_hypothesis_that_fails_refutes_and_is_named(name: str) -> None:
    claim = claims[name]
    last = claim.primary[-1]
    size = abs(last.margin) or 0.1
    given = effects(claim, 1.0)
    given[f"{name}/{last.id}"] = last.margin + (size if last.kind == "within" else -size)
    found = verdict(claim, planted([claim], given))
    assert found.word == "refuted"
    assert found.decisive is not None
    assert found.decisive.hypothesis == last


@pytest.mark.parametrize("name", NAMES)
def test_effects_at_the_margin_decide_nothing(name: str) -> None:
    claim = claims[name]
    table = planted([claim], {}, rng=np.random.default_rng(3), spread=1e-2)
    assert verdict(claim, table).word == "undecided"


@pytest.mark.parametrize("name", NAMES)
def test_one_seed_decides_nothing_and_says_that_it_could_not(name: str) -> None:
    claim = claims[name]
    found = verdict(claim, planted([claim], effects(claim, 5.0), seeds=1))
    assert found.word == "undecided"
    assert found.decisive is not None
    assert found.decisive.detectable in (np.inf, 0.0)


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_table_is_not_tested_and_no_crash(name: str) -> None:
    claim = claims[name]
    table = planted([claim], effects(claim, 1.0))
    for probe in sorted(set(table["probe"])):
        found = verdict(claim, table[table["probe"] != probe])
        assert found.word in ("not tested", "refuted")
        assert any(each.lacking for each in found.primary)
    nothing = verdict(claim, table.head(0))
    assert nothing.word == "not tested"
    assert all(each.outcome == "not tested" for each in nothing.findings)


def test_what_is_there_can_refute_though_a_table_is_missing() -> None:
    claim = claims["replacement"]
    table = planted([claim], {**effects(claim, 1.0), "replacement/affine": -0.2})
    assert verdict(claim, table[table["probe"] != "relations"]).word == "refuted"


def test_adoption_is_never_tested() -> None:
    found = verdict(claims["adoption"], planted([claims["cost"]], {}))
    assert (found.word, found.decisive) == ("not tested", None)


@pytest.mark.parametrize(
    "lights", [lit("failed", ["capsnet"]), lit("not checked"), None], ids=["red", "dark", "unlit"]
)
def test_a_model_whose_lights_are_red_cannot_support_robustness(lights: pd.DataFrame) -> None:
    claim = claims["robustness"]
    table = planted([claim], effects(claim, 5.0))
    found = verdict(claim, table, lights=lights)
    assert found.word == "undecided"
    assert all(each.doubt is not None for each in found.primary)
    assert verdict(claim, table).word == "supported"


def test_a_rival_whose_lights_are_red_cannot_refute_it() -> None:
    claim = claims["robustness"]
    table = planted([claim], effects(claim, -5.0))
    rivals = pd.concat([lit(models=["capsnet"]), lit("failed", ["cnn", "capsnet-uniform"])])
    assert verdict(claim, table, lights=rivals).word == "undecided"
    assert verdict(claim, table).word == "refuted"


def test_too_few_images_decide_nothing() -> None:
    claim = claims["robustness"]
    found = verdict(claim, planted([claim], effects(claim, 5.0), units=1))
    assert found.word == "undecided"
    assert "too few to decide by: 1 images" in str(found.findings[0].doubt)


def test_another_model_plays_a_part() -> None:
    claim = claims["cost"]
    table = planted([claim], effects(claim, 1.0)).replace({"model": {"capsnet": "my-net"}})
    assert verdict(claim, table).word == "not tested"
    assert verdict(claim, table, roles={"capsnet": "my-net"}).word == "supported"


def test_more_claims_make_each_harder_to_decide() -> None:
    names = ("cost", "relations")
    held = [claims[name] for name in names]
    table = planted(held, {}, rng=np.random.default_rng(5), spread=1e-2)
    alone = {name: verdict(claims[name], table).p_adjusted for name in names}
    both = judge(table, dataset="digits", lights=lit(), claims=held)
    assert all(each.p_adjusted >= alone[each.claim.id] for each in both)
    assert all(each.p_adjusted >= each.p_value for each in both)


def test_secondary_hypotheses_decide_nothing() -> None:
    claim = claims["robustness"]
    table = planted([claim], effects(claim, 1.0))
    bare = replace(claim, hypotheses=claim.primary)
    assert verdict(claim, table).p_value == verdict(bare, table).p_value


def test_the_spread_of_training_is_read_from_manifests() -> None:
    claim = claims["cost"]
    entries = [
        {
            "model": model,
            "dataset": "digits",
            "seed": seed,
            "validation_accuracy": 0.9 + wide * (seed - 2),
            "epochs": 10,
            "best_epoch": best,
            "wall_s": 5.0,
        }
        for model, wide, best in (("capsnet", 0.02, 8), ("cnn", 0.001, 4))
        for seed in range(5)
    ]
    found = verdict(claim, planted([claim], effects(claim, 1.0)), checkpoints=entries)
    spread = next(each for each in found.findings if each.hypothesis.id == "spread")
    assert spread.estimate == pytest.approx(np.log(20.0))
    assert spread.n_seeds == 5
    assert 0.0 < spread.p_for < 0.05
    epochs = next(each for each in found.findings if each.hypothesis.id == "epochs")
    assert epochs.estimate == pytest.approx(np.log(2.0))
    assert epochs.n_seeds == 5


def test_the_same_tables_give_the_same_verdicts_in_any_order() -> None:
    held = [claims[name] for name in NAMES]
    table = planted(held, {}, spread=1e-2)
    mixed = table.sample(frac=1.0, random_state=0)
    one, two = (judge(each, dataset="digits", lights=lit(), claims=held) for each in (table, mixed))
    for a, b in zip(one, two, strict=True):
        assert (a.word, a.p_adjusted) == (b.word, pytest.approx(b.p_adjusted, abs=1e-12))


def test_what_clocks_say_moves_no_claim_that_has_none() -> None:
    held = [claims[name] for name in NAMES]
    given = {**effects(claims["relations"], 0.02), **effects(claims["cost"], 1.0)}
    words = []
    for slower in (0.5, 3.0):
        given |= {f"cost/{name}": slower for name in ("forward", "training")}
        table = planted(held, given, spread=1e-3)
        words.append(judge(table, dataset="digits", lights=lit(), claims=held))
    for one, two in zip(*words, strict=True):
        if one.claim.id not in ("cost", "replacement"):
            assert one.word == two.word
            assert one.p_adjusted == pytest.approx(two.p_adjusted, rel=1e-6)
    costs = [next(v for v in held if v.claim.id == "cost").p_adjusted for held in words]
    assert costs[0] != costs[1]


def test_one_seed_s_lights_say_nothing_of_the_others() -> None:
    claim = claims["robustness"]
    table = planted([claim], effects(claim, 5.0))
    assert verdict(claim, table, lights=lit(seeds=(0,))).word == "undecided"
    assert verdict(claim, table).word == "supported"


def test_a_few_images_in_one_of_its_tables_decide_nothing() -> None:
    claim = claims["robustness"]
    table = planted([claim], effects(claim, 5.0))
    few = table[(table["probe"] != "adversarial") | (table["unit_id"] < 2)]
    found = verdict(claim, few)
    assert found.word == "undecided"
    assert found.primary[0].n_least == 2
    assert found.primary[0].n_units == 60


@pytest.mark.parametrize("name", NAMES)
def test_twenty_images_that_all_agree_decide_nothing(name: str) -> None:
    claim = claims[name]
    table = planted([claim], {}, units=20, seeds=2, spread=0.0)
    alike = table.assign(value=1.0)
    found = verdict(claim, alike)
    sampled = [each for each in found.primary if each.hypothesis.scale == "points"]
    assert all(each.outcome == "open" for each in sampled)


def test_seeds_around_a_ring_decide_nothing_where_no_two_pairs_are_apart() -> None:
    claim = claims["interpretability"]
    for seeds, outcome in ((2, "open"), (3, "open"), (5, "holds")):
        found = verdict(claim, planted([claim], effects(claim, 5.0), seeds=seeds))
        ring = next(each for each in found.primary if each.hypothesis.id == "seeds")
        assert ring.outcome == outcome


def test_with_two_classes_a_good_model_is_judged() -> None:
    claim = claims["cost"]
    table = planted([claim], effects(claim, 1.0))
    clean = table.assign(
        probe="affine", metric="correct", severity=0.0, condition="rotation", value=0.98
    ).drop_duplicates(["model", "training_seed", "unit_id"])
    both = pd.concat([table, clean], ignore_index=True)
    assert verdict(claim, both, classes=2).word == "supported"


def test_a_part_with_a_decoder_can_be_played() -> None:
    claim = claims["interpretability"]
    table = planted([claim], effects(claim, 1.0)).replace({"cnn-decoder": "mine"})
    table["condition"] = table["condition"].replace({"across/cnn-decoder": "across/mine"})
    found = verdict(claim, table, roles={"cnn-decoder": "mine"})
    assert not any(each.lacking for each in found.primary)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda table: table.drop(columns="severity"), "got none called 'severity'"),
        (lambda table: table.assign(value=np.nan), "got NaN or infinity"),
    ],
)
def test_tables_that_are_none_are_refused(spoil, says: str) -> None:
    claim = claims["cost"]
    with pytest.raises(DataFault, match=says):
        verdict(claim, spoil(planted([claim], {})))


def test_a_rival_s_red_light_takes_nothing_from_what_could_have_been_shown() -> None:
    claim = claims["robustness"]
    table = planted([claim], effects(claim, 5.0))
    rivals = pd.concat([lit(models=["capsnet"]), lit("failed", ["cnn", "capsnet-uniform"])])
    assert np.isfinite(verdict(claim, table, lights=rivals).primary[0].detectable)
    own = lit("failed", ["capsnet"])
    assert verdict(claim, table, lights=own).primary[0].detectable == np.inf


def test_p_values_are_those_of_a_union_and_of_its_parts() -> None:
    claim = claims["relations"]
    table = planted([claim], {}, rng=np.random.default_rng(7), spread=1e-2)
    found = verdict(claim, table)
    assert found.word == "undecided"
    for_all = max(each.p_for for each in found.primary)
    against_one = 4 * min(each.p_against for each in found.primary)
    assert found.p_value == pytest.approx(min(for_all, against_one))
    # Two directions of one claim.
    assert found.p_adjusted == pytest.approx(min(1.0, 2 * found.p_value))
    lost = {**effects(claim, 1.0), "relations/pose": 0.049}
    refuted = verdict(claim, planted([claim], lost, spread=1e-5))
    assert refuted.word == "refuted"
    assert refuted.p_value == pytest.approx(4 * min(each.p_against for each in refuted.primary))
