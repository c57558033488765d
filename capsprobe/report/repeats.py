"""The words for what was repeated: the rule, the outcomes, and why one may differ."""

from capsprobe.report.summary import Repeated
from capsprobe.stats.repeated import FACTOR, POINTS

RULE = (
    "A published number agrees where it lies in our 95 % interval; it nearly does where ours is "
    f"within a factor of {FACTOR:g} of it, an accuracy within {100.0 * POINTS:g} pp. "
    "A published order of two agrees where ours stand in it and their intervals do not meet; where "
    "they meet, ours do not tell. The rule was fixed before any number was compared."
)
TESTS = {
    "cw": "CW, distance (L2)",
    "boundary": "Boundary attack, distance (L2)",
    "deepfool": "DeepFool, distance (L2)",
    "fgsm": "FGSM, accuracy (%)",
    "spatial": "Turns and moves, accuracy (%)",
}
OUTCOMES = {
    "inside": "agrees",
    "near": "nearly agrees",
    "above": "differs: ours is higher",
    "below": "differs: ours is lower",
    "same": "same order",
    "opposite": "opposite order",
    "open": "not told apart",
    "no number": "nothing to compare",
}
AGREES = ("inside", "same")
_DISTANCE = (
    "Published are means over images by attacks whose settings were not recorded, ours medians of "
    "the images that are right when clean: a few images that lie far away raise a mean alone."
)
_FGSM = (
    "Which output and loss the published attack followed was not recorded; ours takes the worst of "
    "scores and margins, and what broke at a smaller ε stays broken: both can only lower ours."
)
_SPATIAL = "The grid is for few images, and on 28×28 pixels no ink is cut: a wide digit moves less."
_TESTS = {
    **dict.fromkeys(("cw", "boundary", "deepfool"), _DISTANCE),
    "fgsm": _FGSM,
    "spatial": _SPATIAL,
}
_MODELS = {
    "capsnet": "Our capsnet is a compact network on a trunk of five convolutions, not theirs.",
    "cnn": "Our cnn has the compact trunk of the others and few parameters; theirs is another.",
    "capsnet-sabour": "The layout is that of 2017, the training our own, as is its clean error.",
}


def reason(each: Repeated) -> str:
    """Return why a published number or order likely did not come out, "" where it did."""
    if each.outcome in AGREES:
        return ""
    if each.outcome == "no number":
        return "The published number was not recorded."
    if each.outcome == "open":
        return f"The intervals of ours meet: {_few(each)}."
    moved = _other_epsilon(each)
    parts = (moved, _TESTS[each.test], "" if each.test == "spatial" else _MODELS[each.model])
    return " ".join(part for part in parts if part)


def what(each: Repeated) -> str:
    """Return what of a test is compared, the model apart."""
    test = TESTS[each.test]
    if each.published_severity and each.test == "fgsm":
        return f"{test} at ε = {each.published_severity:.3f}, ours at {each.severity:g}"
    return f"{test}, worst of the grid beside one by chance" if each.test == "spatial" else test


def _few(each: Repeated) -> str:
    seeds = "one training seed" if each.n_seeds[0] == 1 else f"{each.n_seeds[0]} training seeds"
    return f"{each.n_units[0]} images and {seeds} are too few, or there is no difference"


def _other_epsilon(each: Repeated) -> str:
    """Return that ours were attacked within more or less, where that explains the outcome."""
    larger = each.severity > each.published_severity
    explains = each.outcome == ("below" if larger else "above")
    if each.test != "fgsm" or not explains:
        return ""
    return f"Our ε is {'larger' if larger else 'smaller'} than the published one."
