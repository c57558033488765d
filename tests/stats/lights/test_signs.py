"""Each light on tables made by hand: what fails it, and what just does not."""

import pandas as pd
import pytest

from capsprobe.stats.lights.evidence import evidence
from capsprobe.stats.lights.signs import LIGHTS, slack
from tests.stats.lights.recorded import TRIALS, VALUES, rows, strength


def judge(*tables):
    (seen,) = evidence(pd.concat(tables, ignore_index=True))
    return {name: light(seen) for name, light in LIGHTS.items()}


def failed(*tables):
    return {name for name, each in judge(*tables).items() if each.state == "failed"}


def offered(**values):
    return {**VALUES, "offered": {**VALUES["offered"], **values}}


def trials(**changed):
    return {**TRIALS, **changed}


def share(of_twenty, value, other):
    return [value] * of_twenty + [other] * (20 - of_twenty)


def test_half_a_point_or_one_image_is_allowed():
    assert [slack(count) for count in (20, 200, 1000)] == [0.05, 0.005, 0.005]


def test_nothing_fails_where_all_is_as_it_should_be():
    found = judge(strength())
    assert {each.state for name, each in found.items() if name != "transfer"} == {"passed"}
    assert found["transfer"].state == "not checked"


@pytest.mark.parametrize(
    ("light", "bad", "just"),
    [
        ("monotone", {"pgd": {0.05: 10, 0.1: 12, 1.0: 0}}, {"pgd": {0.05: 10, 0.1: 11, 1.0: 0}}),
        ("reaches-zero", {"pgd": {0.05: 10, 1.0: 1}}, {"pgd": {0.05: 10, 1.0: 0}}),
        ("iterative", {"step": {0.05: 8}}, {"step": {0.05: 9}}),
        ("black-box", {"square": {0.05: 8}}, {"square": {0.05: 9}}),
        ("effort", {"double": {0.05: 8}}, {"double": {0.05: 9}}),
        ("noise", {"noise": {0.05: 8, 0.1: 19}}, {"noise": {0.05: 9, 0.1: 19}}),
        ("noise", {"noise": {0.05: 10, 0.1: 4}}, {"noise": {0.05: 10, 0.1: 5}}),
    ],
)
def test_a_light_of_accuracies_fails_from_two_images_on(light, bad, just):
    assert light in failed(strength(trials=trials(**bad)))
    assert light not in failed(strength(trials=trials(**just)))


@pytest.mark.parametrize(
    ("light", "metric", "values"),
    [
        ("gradient", "gradient_norm", (0.0, 0.1)),
        ("gradient", "gradient_norm", (1e-31, 1e-29)),
        ("unbounded", "at_bound", (1.0, 0.0)),
    ],
)
def test_one_image_in_twenty_may_lack_what_an_attack_needs(light, metric, values):
    for count, fails in ((1, False), (2, True)):
        held = offered(**{metric: share(count, *values)})
        assert (light in failed(strength(values=held))) == fails


def test_two_passes_may_differ_by_rounding_alone():
    assert "repeatable" not in failed(strength(values=offered(pass_difference=1e-6)))
    held = offered(pass_difference=share(1, 2e-5, 0.0))
    assert "repeatable" in failed(strength(values=held))


def planted(found, by_chance=0.0):
    return {**VALUES, "planted": {"planted_found": found, "planted_by_chance": by_chance}}


def test_the_active_test_is_failed_by_two_misses_in_twenty():
    assert "active" not in failed(strength(values=planted(share(19, 1.0, 0.0))))
    assert "active" in failed(strength(values=planted(share(18, 1.0, 0.0))))


@pytest.mark.parametrize(
    "values", [planted(0.0, by_chance=share(11, 1.0, 0.0)), {"offered": VALUES["offered"]}]
)
def test_a_head_that_chance_crosses_or_that_is_not_there_asks_nothing(values):
    assert judge(strength(values=values))["active"].state == "not checked"


def test_nothing_is_compared_where_neither_noise_nor_attack_breaks_anything():
    held = trials(pgd={0.05: 20, 0.1: 20, 1.0: 0}, noise={0.05: 20, 0.1: 20})
    assert judge(strength(trials=held))["noise"].state == "not checked"


def test_without_gradients_what_follows_them_is_not_checked():
    flat = {"offered": offered(gradient_norm=0.0)["offered"]}
    found = judge(strength(trials={"noise": TRIALS["noise"]}, values=flat))
    assert {name for name, each in found.items() if each.state == "failed"} == {"gradient"}
    assert {name for name, each in found.items() if each.state == "passed"} == {
        "unbounded",
        "repeatable",
    }


@pytest.mark.parametrize(("white", "fails"), [("pgd", True), ("gradients", False)])
def test_square_on_what_the_adversarial_probe_left_is_held_beside_all_gradients(white, fails):
    attacked = [rows("adversarial", "cnn", "linf/pgd", {0.2: 9})]
    attacked += [rows("adversarial", "cnn", "linf/square", {0.2: 7})]
    if white == "gradients":
        attacked += [rows("adversarial", "cnn", "linf/gradients", {0.2: 7})]
    verdict = judge(strength(), *attacked)["black-box"]
    assert (verdict.state == "failed") == fails
    if fails:
        assert (verdict.value, verdict.severity) == (pytest.approx(0.1), 0.2)


@pytest.mark.parametrize("threat", ["linf", "l2"])
def test_images_of_another_model_may_break_no_more_than_ones_own(threat):
    white = rows("adversarial", "cnn", f"{threat}/pgd", {0.1: 8})
    for left, state in ((7, "passed"), (6, "failed")):
        other = rows("transfer", "cnn", f"{threat}/senet", {0.1: left})
        verdict = judge(strength(threat=threat), white, other)["transfer"]
        assert (verdict.state, verdict.beside, verdict.severity) == (state, "senet", 0.1)


def test_an_image_that_one_epsilon_lacks_counts_there_for_neither():
    white = rows("adversarial", "cnn", "linf/pgd", {0.1: 8, 0.2: 4})
    other = rows("transfer", "cnn", "linf/senet", {0.1: 8, 0.2: 0})
    last = white["unit_id"].max()
    known = [each[(each["severity"] != 0.2) | (each["unit_id"] != last)] for each in (white, other)]
    verdict = judge(strength(), *known)["transfer"]
    assert (verdict.state, verdict.severity, verdict.n_units) == ("failed", 0.2, 19)
    assert verdict.value == pytest.approx(4 / 19)


def test_ones_own_images_are_no_transfer_and_another_epsilon_is_no_comparison():
    white = rows("adversarial", "cnn", "linf/pgd", {0.1: 8})
    own = rows("transfer", "cnn", "linf/itself", {0.1: 0})
    elsewhere = rows("transfer", "cnn", "linf/senet", {0.3: 0})
    assert judge(strength(), white, own, elsewhere)["transfer"].state == "not checked"
