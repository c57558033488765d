"""The words of lights: what each is called, and what it says in one sentence."""

import math
from collections.abc import Hashable, Mapping
from typing import Any

from capsprobe.report.text import Text

NAMES = {
    "monotone": "a larger ε leaves no more",
    "reaches-zero": "nothing stands where all is in reach",
    "iterative": "many steps beat one",
    "black-box": "gradients beat Square",
    "transfer": "own images beat others'",
    "effort": "twice the effort changes nothing",
    "noise": "noise does less",
    "gradient": "there is a gradient",
    "unbounded": "scores at no bound",
    "repeatable": "two passes agree",
    "active": "the planted is found",
}
# Shape and word say it, so that no one needs the colour.
SIGNS = {"passed": "✓", "failed": "✗", "not checked": "–"}
_SAID = {
    "monotone": "Attacked afresh, ε = {severity} leaves {value} standing than the one before",
    "reaches-zero": "At ε = {severity}, where any image is in reach, {value} stand",
    "iterative": "One step leaves {value} standing than PGD at ε = {severity}",
    "black-box": "Square leaves {value} standing than what follows gradients at ε = {severity}",
    "transfer": (
        "Images made for {beside} leave {value} standing than those made for the model itself at "
        "ε = {severity}"
    ),
    "effort": "Twice the steps and restarts leave {value} standing than once at ε = {severity}",
    "noise": "Random perturbations leave {value} standing than PGD at ε = {severity}",
    "gradient": "{value} of the images have no gradient to follow",
    "unbounded": "The scores of {value} of the images are at a bound",
    "repeatable": "Two passes differ by {value}",
    "active": "The attack misses {value} of the adversarial examples known to be there",
}
_UNCHECKED = {
    "transfer": "The run holds no images made for other models at an ε of its own attacks.",
    "active": "No head could be planted, or chance crosses most of them.",
    "noise": "No attack by gradients ran, or neither it nor noise broke more than allowed.",
}
_NOTHING_RAN = "What it looks at could not be run."
# What a difference above zero means: that there is more, or less, than there should be.
_ABOVE_ZERO = {
    "monotone": ("more", "less"),
    **dict.fromkeys(("iterative", "black-box", "transfer", "effort", "noise"), ("less", "more")),
}
CONDITIONS = {
    "pgd": "PGD",
    "step": "one step",
    "double": "PGD with twice the effort",
    "noise": "noise",
    "offered": "what the network offers",
    "planted": "planted heads",
}
METRICS = {
    "gradient_norm": "gradient norm",
    "at_bound": "scores at a bound",
    "pass_difference": "difference of two passes",
    "planted_found": "planted example found by PGD",
    "planted_by_chance": "planted example found by chance",
}
FRACTIONS = ("at_bound", "planted_found", "planted_by_chance")
READING = (
    "A number on robustness is worth what the attack behind it is worth. Each light is a sign by "
    "which an attack that failed is told from a network that resists; its bound was fixed before "
    "any result was read. A model for which one light fails, in any training seed, is reported as "
    "robustness not shown under that threat model, whatever its robust accuracy."
)
EXHIBIT = Text(
    heading="Lights",
    reading=(
        "PGD, as in the adversarial probe, beside what should be weaker and beside twice of "
        "itself; what the network offers an attack; and the active test, in which a linear head "
        "on the network's last features gets an adversarial example that is known to be there."
    ),
    meaning=(
        "Accuracies may be off by 0.5 pp, or by one image where that is more. Up to 5 % of the "
        "images may lack a gradient, have scores at a bound, or be missed by the active test. "
        "Nothing may stand where any image is in reach."
    ),
)


def sentence(row: Mapping[Hashable, Any]) -> str:
    """Return what a light says: what was seen, and the bound."""
    light = str(row["light"])
    if row["state"] == "not checked":
        return _UNCHECKED.get(light, _NOTHING_RAN)
    said = _SAID[light].format(
        value=_seen(light, row["value"]),
        severity="" if math.isnan(row["severity"]) else f"{row['severity']:g}",
        beside=row["beside"],
    )
    return f"{said}; allowed is {_allowed(light, row['threshold'])}."


def _seen(light: str, value: float) -> str:
    if light not in _ABOVE_ZERO:
        return _allowed(light, value)
    above, below = _ABOVE_ZERO[light]
    return f"{100.0 * abs(value):.1f} pp {above if value > 0.0 else below}"


def _allowed(light: str, value: float) -> str:
    if light == "repeatable":
        return f"{value:.2g}"
    if light in _ABOVE_ZERO:
        return f"{100.0 * value:.1f} pp"
    return f"{100.0 * value:.1f} %"
