import pytest

from capsprobe.attacks.base import attacks
from capsprobe.attacks.budgets import BUDGETS, MAPS, affords
from capsprobe.attacks.output_maps import OUTPUT_MAPS


def test_a_budget_affords_itself_and_what_is_below():
    found = [[affords(one, other) for other in BUDGETS] for one in BUDGETS]
    assert found == [[True, False, False], [True, True, False], [True, True, True]]


def test_a_larger_budget_leaves_no_map_out():
    assert set(MAPS["quick"]) <= set(MAPS["standard"]) <= set(MAPS["strong"]) == set(OUTPUT_MAPS)


@pytest.mark.parametrize("name", list(attacks))
def test_a_larger_budget_spends_no_less(name):
    kind = attacks[name]
    assert kind.budget in BUDGETS
    spent = [kind.within(each) for each in BUDGETS if affords(each, kind.budget)]
    for less, more in zip(spent, spent[1:], strict=False):
        for setting in {key for effort in kind.efforts.values() for key in effort}:
            assert getattr(less, setting) <= getattr(more, setting)


def test_settings_that_are_named_come_first():
    assert attacks["pgd"].within("quick", steps=7).steps == 7
    assert attacks["pgd"].within("quick").steps == 20
