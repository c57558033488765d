"""What a CapsNet is made of, each part there or not: the design of the factorial."""

from collections.abc import Mapping
from itertools import product
from typing import Any

FACTORS = {
    "routing": ("uniform", "dynamic"),
    "transforms": ("shared", "separate"),
    "squash": ("off", "on"),
    "loss": ("cross-entropy", "margin"),
    "decoder": ("off", "on"),
}
"""Each part with the level that stands for its absence, then that of a CapsNet."""

DECODER_WEIGHT = 0.0005

# Routing, transforms and squash, which a model is built with.
_MODELS = {
    (True, True, True): "capsnet",
    (False, True, True): "capsnet-uniform",
    (True, False, True): "capsnet-shared",
    (False, False, True): "capsnet-shared-uniform",
    (True, True, False): "capsnet-unsquashed",
    (False, True, False): "capsnet-unsquashed-uniform",
    (True, False, False): "capsnet-shared-unsquashed",
    (False, False, False): "capsnet-shared-unsquashed-uniform",
}
_LEVELS = {model: levels for levels, model in _MODELS.items()}

MODELS = tuple(_MODELS.values())
"""The models of the design, `capsnet` first."""

# Loss and decoder, which it is trained with.
_RECIPES = {
    f"{loss}{'-decoder' if decoder else ''}": {
        "loss": loss,
        "decoder_weight": DECODER_WEIGHT if decoder else 0.0,
    }
    for loss, decoder in product(reversed(FACTORS["loss"]), (True, False))
}

RECIPES: Mapping[str, Mapping[str, Any]] = _RECIPES
"""What a recipe changes, by its name."""


def levels_of(model: str, recipe: Mapping[str, Any]) -> dict[str, bool]:
    """Return for each factor whether it is as in a CapsNet.

    Raises
    ------
    KeyError
        Where the model is none of the design.
    """
    routing, transforms, squash = _LEVELS[model]
    return {
        "routing": routing,
        "transforms": transforms,
        "squash": squash,
        "loss": recipe["loss"] == "margin",
        "decoder": float(recipe["decoder_weight"]) > 0.0,
    }


def level(factor: str, present: bool) -> str:
    """Return what a factor's level is called."""
    return FACTORS[factor][int(present)]
