"""The words of figures and sentences, in one place, so that another language can take theirs.

What is longer than a phrase stands in the templates.
"""

import re

from capsprobe.report import (
    arrangements,
    expenses,
    kinds,
    lexicon,
    meanings,
    shifts,
    signs,
    weighing,
)
from capsprobe.report.measures import view_of
from capsprobe.report.names import shortened, visible
from capsprobe.report.summary import Measure

PROBES = {
    "affine": "Affine transformations",
    "spatial": "Spatial worst case",
    "adversarial": "Adversarial attacks",
    "strength": "Strength of the attacks",
    "transfer": "Transfer of attacks",
    "corruption": "Corruptions",
    "output-maps": "What an attack follows",
    "detection": "Detection by reconstruction",
    "overlap": "Overlapping digits",
    "routing": "Routing beside clustering",
    **weighing.PROBES,
    "relations": "Parts, poses, and coefficients",
    "cost": "Cost",
    **meanings.PROBES,
}
CONDITIONS = {
    "rotation": "Rotation",
    "translation": "Translation",
    "scale": "Scale",
    "shear": "Shear",
    "affnist": "affNIST test",
    "overlap": "Overlap of two digits",
    "multimnist": "MultiMNIST test",
    **kinds.CONDITIONS,
    **arrangements.CONDITIONS,
    **meanings.CONDITIONS,
    **expenses.CONDITIONS,
}
ATTACKS = {
    "fgsm": "FGSM",
    "pgd": "PGD",
    "square": "Square",
    "apgd-ce": "APGD-CE",
    "apgd-t": "APGD-T",
    "fab": "FAB",
    "cw": "CW",
    "deepfool": "DeepFool",
    "boundary": "boundary attack",
    "vote": "vote attack",
    "detached": "routing detached",
    "routing": "attack on coefficients",
    "aware": "attack that knows the detector",
    "scores": "PGD on scores",
    "logits": "PGD on log odds",
    "margin": "PGD on margins",
    "dlr": "PGD on DLR",
    "gradients": "all with gradients",
    "worst": "worst case",
    **signs.CONDITIONS,
}
THREATS = {"linf": "L∞", "l2": "L2"}
_CODED = re.compile(rf"\b({'|'.join(THREATS)})[/ ]([\w-]+)")
METRICS = {
    "correct": "accuracy",
    "exact_match": "exact match",
    "almost": "almost (one right or both)",
    "recall": "recall",
    "overlap_fraction": "measured overlap",
    "perturbation_norm": "perturbation norm",
    "distance": "median distance",
    "distance_found": "broken at any distance",
    "distance_within": "broken within a distance",
    "lowered": "accuracy below PGD on scores",
    "coefficients_moved": "change of coefficients (bits)",
    "detected": "detected",
    "undetected_success": "wrong and not detected",
    "reconstruction_distance": "distance from the reconstruction",
    "error": "error",
    "corruption_error": "error relative to cnn",
    "relative_corruption_error": "loss relative to cnn",
    **{f"correct_{label}": f"accuracy on class {label}" for label in range(10)},
    **signs.METRICS,
    **lexicon.METRICS,
    **arrangements.METRICS,
    **meanings.METRICS,
    **expenses.METRICS,
}
VIEWS = {
    "single": "networks trained on single digits",
    "placed": "networks trained on single digits at a random place",
    "pairs": "networks trained on overlapping pairs",
}
NO_BREAK = "\N{NO-BREAK SPACE}"
_AXES = {
    "rotation": "rotation (degrees, sign by chance)",
    "translation": "translation (pixels)",
    "scale": "change of size (%)",
    "shear": "shear (tangent of the lean)",
    "affnist": "transformation",
    "overlap": "overlap of the bounding boxes (%)",
    "multimnist": "largest shift (pixels)",
    **dict.fromkeys(kinds.CONDITIONS, "severity (1 to 5, as in MNIST-C)"),
    **arrangements.AXES,
    **meanings.AXES,
    **expenses.AXES,
}
_FRACTIONS = (
    "correct",
    "exact_match",
    "almost",
    "recall",
    "overlap_fraction",
    "distance_found",
    "distance_within",
    "error",
    "lowered",
    "detected",
    "undetected_success",
    "corruption_error",
    "relative_corruption_error",
    *(f"correct_{label}" for label in range(10)),
    *signs.FRACTIONS,
    *lexicon.FRACTIONS,
    *meanings.FRACTIONS,
)
IN_PERCENT = ("scale", "overlap", *meanings.IN_PERCENT)


def probe(name: str) -> str:
    """Return a probe's heading."""
    return PROBES.get(name, shortened(name))


def condition(name: str) -> str:
    """Return a condition's heading: `linf/pgd` reads "L∞, PGD"."""
    if name in CONDITIONS:
        return CONDITIONS[name]
    threat, _, attack = name.partition("/")
    if threat == shifts.HEAD:
        return shifts.condition(name)
    if threat in lexicon.HEADS:
        return lexicon.condition(name)
    if threat in meanings.HEADS:
        return meanings.condition(name)
    if threat not in THREATS or not attack:
        return shortened(name, 40)
    return f"{THREATS[threat]}, {ATTACKS.get(attack, shortened(attack))}"


def place(part: str) -> str:
    """Return a part of a probe within a sentence."""
    return THREATS.get(part) or condition(part).lower()


def told(text: str) -> str:
    """Return what a probe says of attacks with their names in words: `linf/fab` reads "L∞ FAB"."""
    return _CODED.sub(lambda found: f"{THREATS[found[1]]} {ATTACKS.get(found[2], found[2])}", text)


def metric(name: str, condition: str = "") -> str:
    """Return a metric in words; under an attack accuracy is robust accuracy."""
    attacked = condition.partition("/")[0] in THREATS or shifts.is_robust(condition)
    if name == "correct" and attacked:
        return "robust accuracy"
    return METRICS.get(name, visible(name).replace("_", " "))


def view(dataset: str) -> str:
    """Return what the networks of a dataset were trained on."""
    return VIEWS[view_of(dataset)]


def severity(value: float, condition: str, unit: str) -> str:
    """Return a severity as a reader would say it, with its unit."""
    if condition == "affnist":
        return "transformed" if value else "untransformed"
    head = condition.partition("/")[0]
    if head == shifts.HEAD:
        return shifts.severity(value)
    for words in (arrangements, meanings, expenses):
        if head in words.HEADS:
            return words.severity(value, condition)
    if condition in IN_PERCENT:
        sign = "+" if condition == "scale" and value > 0.0 else ""
        return f"{sign}{100.0 * value:.0f}{NO_BREAK}%".replace("-", "−")
    text = f"{value:g}".replace("-", "−")
    if head in THREATS:
        return f"ε{NO_BREAK}={NO_BREAK}{text}"
    if head in lexicon.IN_ROUNDS:
        return f"round{NO_BREAK}{text}"
    return {"deg": f"{text}°", "1": text, "": text}.get(unit, f"{text}{NO_BREAK}{unit}")


def axis(condition: str, unit: str) -> str:
    """Return the label of the severity's axis, with its unit."""
    threat = condition.partition("/")[0]
    if threat in THREATS:
        return f"epsilon ({THREATS[threat]}, pixels from 0 to 1)"
    if threat in lexicon.IN_ROUNDS:
        return "round of routing"
    return _AXES.get(condition, f"severity ({unit})" if unit else "severity")


def measure_axis(name: str, condition: str = "") -> str:
    """Return the label of a metric's axis, with its unit."""
    words = metric(name, condition)
    return f"{words} (%)" if is_fraction(name) else words


def vertical(name: str, condition: str = "") -> str:
    """Return the same shorter, where the heading says it in full."""
    return lexicon.AXES.get(name) or measure_axis(name, condition)


def is_fraction(name: str) -> bool:
    """Return whether a metric is a fraction that a reader wants in percent."""
    return name in _FRACTIONS


def heading(condition_name: str, metric_name: str) -> str:
    """Return a panel's heading: the condition, and the metric where that is not accuracy."""
    words = metric(metric_name, condition_name)
    if condition_name in lexicon.UNNAMED:
        return f"{words[:1].upper()}{words[1:]}"
    name = condition(condition_name)
    return name if metric_name == "correct" else f"{name}: {words}"


def measure(of: Measure) -> str:
    """Return a measure as it stands in a sentence, after "on"."""
    name = condition(of.condition)
    if of.severity is None:
        return f"the {name[:1].lower()}{name[1:]} sweep".replace(" of two digits", "")
    if of.condition == "affnist":
        return "the affNIST test"
    if of.condition == "multimnist":
        return f"the MultiMNIST test with shifts up to {of.severity:g}{NO_BREAK}px"
    threat, _, attack = of.condition.partition("/")
    if threat == shifts.HEAD:
        return shifts.measure(of.condition)
    if threat in THREATS:
        name = f"{ATTACKS.get(attack, shortened(attack))} in {THREATS[threat]}"
        name = f"the {name}" if attack == "worst" else name
    return f"{name} at {severity(of.severity, of.condition, of.unit)}"


def tick(of: Measure) -> str:
    """Return a measure as a label in a figure, shorter still."""
    placed = {"single": "", "placed": " · placed", "pairs": " · pairs"}[view_of(of.dataset)]
    if of.condition.partition("/")[0] == shifts.HEAD:
        return f"{shifts.tick(of.condition)}{placed}"
    name = {"multimnist": "MultiMNIST", "affnist": "affNIST", "overlap": "Overlap"}.get(
        of.condition, condition(of.condition).replace("worst case", "worst")
    )
    is_at = of.severity is not None and of.condition != "affnist"
    at = f" {severity(of.severity or 0.0, of.condition, of.unit)}" if is_at else ""
    return f"{name}{at}{placed}"
