from capsprobe.attacks.base import attacks
from capsprobe.attacks.budgets import BUDGETS, MAPS
from capsprobe.attacks.choosing import described, effort, forgone, kinds, within
from capsprobe.attacks.nearest import MinimumNorm


def test_every_attack_is_in_the_largest_budget_of_its_norm():
    held = {**within("linf", "strong", {}), **within("l2", "strong", {})}
    chosen = {kind.name for norm in ("linf", "l2") for kind in kinds(norm).values()}
    assert chosen == set(attacks)
    assert set(held) == {name.removesuffix("-l2") for name in attacks}


def test_a_larger_budget_runs_all_that_a_smaller_one_does():
    for norm in ("linf", "l2"):
        names = [set(within(norm, budget, {})) for budget in BUDGETS]
        assert names[0] < names[1] <= names[2]


def test_settings_go_to_the_attacks_that_have_them():
    held = within("linf", "standard", {"steps": 3, "queries": 5})
    assert held["pgd"].steps == held["fab"].steps == 3 and held["square"].queries == 5
    assert not hasattr(held["fgsm"], "steps")


def test_what_an_attack_spends_is_said():
    square = within("linf", "quick", {})["square"]
    assert effort(square) == {"queries": 40}
    assert "40 queries" in described(square) and "left standing" in described(square)
    seeker = within("l2", "standard", {})["cw"]
    assert isinstance(seeker, MinimumNorm) and "nearest" in described(seeker)


def test_the_largest_budget_leaves_nothing_out_and_the_smallest_says_what_it_does():
    assert not list(forgone("linf", "strong", {}, MAPS["strong"]))
    said = list(forgone("l2", "quick", {}, MAPS["quick"]))
    assert said[0].startswith("attacks: ") and "cw" in said[0]
    assert said[1] == "output maps: logits, dlr"
    assert "pgd: 20 of 100 steps, 1 of 50 restarts" in said


def test_what_is_named_below_the_budget_is_said_too():
    assert "cw: 7 of 1000 steps" in list(forgone("l2", "strong", {"steps": 7}, MAPS["strong"]))
