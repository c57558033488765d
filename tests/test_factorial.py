"""The design: every combination of five parts is one model under one recipe."""

from itertools import product

import pytest

from capsprobe.factorial import FACTORS, MODELS, RECIPES, level, levels_of


def test_models_and_recipes_are_every_combination_once():
    found = [levels_of(model, recipe) for model in MODELS for recipe in RECIPES.values()]
    assert all(tuple(each) == tuple(FACTORS) for each in found)
    held = {tuple(each.values()) for each in found}
    assert held == set(product((False, True), repeat=len(FACTORS)))
    assert len(found) == len(held) == 32


def test_a_capsnet_as_published_has_all_parts_and_comes_first():
    assert MODELS[0] == "capsnet" and next(iter(RECIPES)) == "margin-decoder"
    assert all(levels_of("capsnet", RECIPES["margin-decoder"]).values())


def test_a_models_name_says_what_it_lacks():
    for model in MODELS:
        found = levels_of(model, RECIPES["margin"])
        assert found["routing"] == ("uniform" not in model)
        assert found["transforms"] == ("shared" not in model)
        assert found["squash"] == ("unsquashed" not in model)


def test_a_models_levels_are_none_of_its_recipes_and_the_other_way_round():
    (one,) = {tuple(levels_of("capsnet", r).values())[:3] for r in RECIPES.values()}
    assert one == (True, True, True)
    for name, recipe in RECIPES.items():
        assert ("decoder" in name) == levels_of("capsnet", recipe)["decoder"]
        assert name.startswith("margin") == levels_of("capsnet", recipe)["loss"]


def test_levels_have_names():
    assert [level("routing", there) for there in (False, True)] == ["uniform", "dynamic"]


def test_a_stranger_to_the_design_is_an_error():
    with pytest.raises(KeyError):
        levels_of("cnn", RECIPES["margin"])
