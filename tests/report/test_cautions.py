from typing import Any

import pandas as pd
import pytest

from capsprobe.report import wording
from capsprobe.report.cautions import at_chance, cautions, forgone, left_out, masked
from capsprobe.report.clean import clean_rows
from capsprobe.report.summary import Caution
from capsprobe.stats.summary import summarise
from tests.report.test_clean import entry
from tests.stats.toys import curves


def attacked(**conditions: tuple[float, ...]) -> pd.DataFrame:
    """Return robust accuracy at epsilon 0, 0.1, 0.2, ... under each attack in the Linf norm."""
    return pd.DataFrame(
        [
            {
                "model": "cnn",
                "dataset": "digits",
                "condition": f"linf/{attack}",
                "severity": step / 10.0,
                "metric": "correct",
                "estimate": estimate,
            }
            for attack, estimates in conditions.items()
            for step, estimate in enumerate(estimates)
        ]
    )


def kinds(found: Any) -> list[str]:
    return [caution.kind for caution in found]


def test_curve_that_falls_to_zero_raises_no_suspicion() -> None:
    table = attacked(worst=(0.9, 0.4, 0.0), fgsm=(0.9, 0.6, 0.3), pgd=(0.9, 0.4, 0.0))
    assert kinds(masked(table)) == []


def test_robust_accuracy_that_stays_is_suspected() -> None:
    (caution,) = masked(attacked(worst=(0.9, 0.5, 0.2)))
    assert caution.kind == "not_to_zero"
    assert caution.facts["found"] == [{"model": "cnn", "severity": 0.2, "by": 0.2}]


def test_one_step_that_beats_many_is_suspected() -> None:
    assert kinds(masked(attacked(fgsm=(0.9, 0.2), pgd=(0.9, 0.5)))) == ["single_step"]


def test_black_box_that_beats_gradients_is_suspected() -> None:
    assert kinds(masked(attacked(square=(0.9, 0.2), pgd=(0.9, 0.5)))) == ["black_box"]


def test_black_box_that_beats_pgd_alone_is_not_suspected_where_others_with_gradients_did() -> None:
    table = attacked(square=(0.9, 0.2), pgd=(0.9, 0.5), gradients=(0.9, 0.2))
    assert kinds(masked(table)) == []
    table = attacked(square=(0.9, 0.1), pgd=(0.9, 0.5), gradients=(0.9, 0.2))
    assert kinds(masked(table)) == ["black_box"]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("linf apgd-ce: 50 of 100 steps", "L∞ APGD-CE: 50 of 100 steps"),
        ("l2 attacks: cw, fab", "L2 attacks: cw, fab"),
        ("never broken at any distance by linf/fab", "never broken at any distance by L∞ FAB"),
        ("not attacked by l2/mine: no votes", "not attacked by L2 mine: no votes"),
        ("beyond the limit of attacked images", "beyond the limit of attacked images"),
    ],
)
def test_attacks_are_told_by_their_names(text: str, read: str) -> None:
    assert wording.told(text) == read


@pytest.mark.parametrize(
    ("part", "read"), [("linf", "L∞"), ("l2", "L2"), ("rotation", "rotation"), ("light", "light")]
)
def test_a_part_is_told_within_a_sentence(part: str, read: str) -> None:
    assert wording.place(part) == read


def test_what_a_budget_leaves_out_is_said() -> None:
    facts = {"settings": {"budget": "quick"}, "forgone": ["l2 attacks: cw"]}
    run = {"probes": {"adversarial": facts, "affine": {"settings": {}, "forgone": []}}}
    (caution,) = forgone(run)
    named = {"probe": "adversarial", "budget": "quick", "missing": ["l2 attacks: cw"]}
    assert caution == Caution(kind="forgone", facts=named)
    assert "forgone" in kinds(cautions({}, run, (), ()))


@pytest.mark.parametrize(
    ("probes", "is_said"),
    [(("adversarial",), True), (("adversarial", "strength"), False), (("affine",), False)],
)
def test_attacks_without_a_look_at_their_strength_are_said_to_be_so(probes, is_said) -> None:
    run = {"probes": {name: {"settings": {}} for name in probes}}
    assert ("unasked" in kinds(cautions({}, run, (), ()))) is is_said


def test_tables_without_attacks_raise_no_suspicion() -> None:
    assert kinds(masked(summarise(curves({"a": 0.9}, severities=(0.0, 15.0))).estimates)) == []


@pytest.mark.parametrize(("accuracy", "found"), [(0.12, 1), (0.16, 0)])
def test_model_near_chance_is_named(accuracy: float, found: int) -> None:
    table = attacked(worst=(accuracy, 0.0))
    cautioned = list(at_chance("adversarial", table, classes=10))
    assert kinds(cautioned) == ["chance"] * found
    assert all(each.facts["chance"] == pytest.approx(0.1) for each in cautioned)


def test_what_was_left_out_is_counted_by_reason() -> None:
    cell = {"probe": "affine", "part": "scale"}
    lost = [{"left_out": {"cut": 3}}, {"left_out": {"cut": 5}}, {"state": "failed"}]
    run = {"cells": [cell | each for each in lost]}
    assert list(left_out(run)) == [
        Caution(
            kind="left_out",
            facts={
                "probe": "affine",
                "parts": ["scale"],
                "reason": "cut",
                "models": (),
                "fewest": 3,
                "most": 5,
            },
        )
    ]


def test_what_only_some_models_lost_is_said_of_them_alone() -> None:
    cell = {"probe": "adversarial", "part": "linf"}
    run = {
        "cells": [
            cell | {"model": "cnn"},
            cell | {"model": "capsnet-em", "left_out": {"no twin": 4}},
            cell | {"model": "capsnet", "left_out": {"no twin": 4}},
            {"probe": "affine", "part": "scale", "model": "cnn", "left_out": {"cut": 1}},
        ]
    }
    found = {each.facts["reason"]: each.facts["models"] for each in left_out(run)}
    assert found == {"no twin": ("capsnet", "capsnet-em"), "cut": ()}


def test_a_checkpoint_that_lost_nothing_counts_and_one_that_failed_does_not() -> None:
    cell = {"probe": "gate", "part": "driven", "model": "a"}
    cells = [cell | {"left_out": {"cut": 3}}, cell, cell | {"model": "b", "state": "missing"}]
    (found,) = left_out({"cells": cells})
    assert found.facts["models"] == ()
    assert (found.facts["fewest"], found.facts["most"]) == (0, 3)


def test_parts_that_lost_the_same_are_named_together() -> None:
    lost = [("rotation", 3), ("scale", 5), ("shear", 3)]
    cells = [
        {"probe": "affine", "part": part, "left_out": {"cut": count}}
        for part, count in lost
        for _ in range(2)
    ]
    found = [each.facts["parts"] for each in left_out({"cells": cells})]
    assert found == [["rotation", "shear"], ["scale"]]


def test_failed_and_missing_cells_come_first_with_their_causes() -> None:
    run = {
        "cells": [
            {"probe": "affine", "state": "failed", "cause": "ValueError: NaN"},
            {"probe": "affine", "state": "missing", "cause": ""},
            {"probe": "affine", "state": "done", "cause": ""},
        ]
    }
    found = cautions({}, run, (), ())
    assert kinds(found) == ["failed", "missing"]
    assert found[0].facts == {"count": 1, "of": 3, "causes": ["ValueError: NaN"]}


def test_dataset_with_one_seed_a_model_is_named() -> None:
    more = [entry(seed=seed) for seed in (0, 1)]
    rows = clean_rows([*more, entry(dataset="digits-pairs")])
    (found,) = cautions({}, {}, rows, ())
    assert (found.kind, found.facts) == ("one_seed", {"datasets": ["digits-pairs"]})


def test_unequal_clean_accuracy_is_named() -> None:
    rows = clean_rows([entry("capsnet", accuracy=0.95), entry("cnn", accuracy=0.9)])
    found = cautions({}, {}, rows, [("capsnet", "cnn")])
    assert kinds(found) == ["one_seed", "unequal"]
    assert found[1].facts["by"] == pytest.approx(0.05)
