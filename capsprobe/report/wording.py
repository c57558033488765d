"""The words of figures and sentences, in one place, so that another language can take theirs.

What is longer than a phrase stands in the templates.
"""

from capsprobe.report import (
    arrangements,
    carries,
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
# What the numbers of the overview are, by probe.
SCORES = {
    "affine": (
        "Accuracy. That of a sweep is the mean over its severities other than zero, each counting "
        "alike."
    ),
    "adversarial": (
        "Robust accuracy: right when clean and under every attack that the budget holds, each on "
        "the output maps that it is for. The ε are the same in every report."
    ),
    "overlap": "Exact match: both digits of a pair are named.",
    "spatial": shifts.SCORES,
}
EACH_ALONE = (
    "Each interval stands for itself; none is corrected for how many there are, so a few of many "
    "will leave out zero by chance. These are measurements: what they say of the article is judged "
    "by the command capsprobe claims."
)
FOREST = (
    "A point is the estimate, its line the 95 % interval. Filled points have the colour and "
    "marker of the model that is higher; open ones show no difference. All axes are the same."
)
# Signs that attacks failed for want of a gradient, rather than that a model resisted.
MASKED = {
    "not_to_zero": (
        "Robust accuracy in the worst case is not 0 at the largest ε: larger ones were not "
        "tried, or the attacks are too weak for the model."
    ),
    "single_step": "One step (FGSM) does more than many (PGD).",
    "black_box": "An attack without gradients (Square) does more than those with them.",
}
READING = {
    "affine": (
        "A curve that stays high for longer bears more. A turned 6 becomes a 9, so no model can "
        "stay at the top towards 180°. Every model sees the same images, each turned, moved, "
        "resized or leant the same way. An image that would lose more than 0.1 % of its ink at "
        "the edge is moved back by as few pixels as keep it whole; where none do, it is left "
        "out, so that n can fall with severity."
    ),
    "adversarial": (
        "Every attack tries to change the answer within ε of the clean image; a curve that falls "
        "later resists more. The worst case counts for each image the attack that did most, and "
        "is the one to compare models by. An image broken once counts as broken at every larger "
        "ε, so no curve can rise. The budget is among the settings at the end, and what it leaves "
        "out among the warnings: that of Square is 5000 queries in the literature, and fewer make "
        "it a weak check of the gradients."
    ),
    "overlap": (
        "The two highest scores are taken as the answer. Exact match needs both right, almost one "
        "or both, recall is the fraction of the digits named. At 0 % the two stand corner to "
        "corner, farther apart than any pair in training. Networks trained on single digits have "
        "never seen a pair: what they show is how far they come without."
    ),
}
READING["corruption"] = (
    "The fifteen kinds of MNIST-C, made afresh; each image goes through the same noise, the same "
    "turn, the same lines for every model and at every severity. What is turned, leant or moved "
    "here may lose ink at the edge, as it does in MNIST-C."
)
READING["spatial"] = shifts.READING
READING["strength"] = signs.READING
READING["transfer"] = carries.READING
READING["relations"] = arrangements.READING
READING["cost"] = expenses.READING
READING |= meanings.READING
READING["routing"] = (
    "A network's own routing is followed round by round and its votes are clustered by k-means, "
    "image by image; then other routings answer in its place. Which routing a network was "
    "trained with is in its name; capsnet has Sabour's, with three rounds."
)
READING |= weighing.READING
READING["output-maps"] = (
    "The same descent, alone each time and with the same steps, through different scores of one "
    "network: as they come (lengths, for capsules), as log odds, as margins, as DLR; of a twin "
    "whose votes all count alike (the vote attack); with routing coefficients as constants; and "
    "along the change of the coefficients. All are judged by the network itself. The table says by "
    "how much each lowers accuracy below PGD on the scores as they come: what is well above zero "
    "finds images that plain PGD calls robust. A model has no row where it lacks what is attacked."
)
READING["detection"] = (
    "An image is suspect where it is farther from what its winning class draws than 95 % of clean "
    "validation images are. At ε = 0 the part detected is false alarms on test images; at larger ε "
    "it is of the images that PGD made wrong. What counts is how often a wrong answer gets through "
    "undetected, above all where the attack knows the detector."
)
READING_ANY = "Severity grows to the right; a curve that stays high for longer bears more."
INTERVALS = (
    "Bands and bars are 95 % intervals: over images where there is one training seed (Wilson), "
    "over training seeds and images where there are several (bootstrap)."
)
SAMPLES = (
    "For each model one image that was read rightly when clean and wrongly at the least severity "
    "seen: clean, perturbed, and the difference (orange: ink added, blue: ink taken away, as "
    "strong as the largest change in that image)."
)
BENCHMARKS = {
    "affnist": "affNIST, published and ours",
    "fgsm": "Accuracy under FGSM, published and ours at the nearest ε",
    "multimnist": "MultiMNIST, error of the exact set, published and ours",
}
# How a published test differs from ours.
DIFFERS = {
    "data": (
        "The published numbers are on MNIST; ours are on the data set named, and on as many "
        "images as this run took."
    ),
    "size": (
        "Our networks are compact ones with a common trunk (their parameters are in the table of "
        "clean accuracies), trained by a recipe of their own."
    ),
    "chosen": (
        "Some public ports choose the best epoch on the test images, ours choose it on "
        "validation images."
    ),
    "affnist": (
        "The official set holds 32 transformed versions of each test digit; ours is made afresh "
        "from the test digits, one version each, with ranges that may differ."
    ),
    "matched": (
        "66 and 79 % were measured at nearly equal clean accuracy; ours are not stopped to match."
    ),
    "fgsm": (
        "Which output and loss the published attack used is not recorded; ours is the worst of "
        "scores and margins for each image, and one broken at a smaller ε counts as broken at "
        "every larger one; both can only lower ours. The ε are not quite the same."
    ),
    "multimnist": (
        "Ours pairs each test image once, by draws of our own. Networks that never saw a pair "
        "(placed single digits) are shown too."
    ),
}
DERIVED = {
    "means": "Means over severities",
    "skill": "Skill, with chance taken out",
    "differences": "Differences between models",
    "mean-differences": "Differences averaged over severities",
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
    if condition.partition("/")[0] in THREATS:
        return f"ε{NO_BREAK}={NO_BREAK}{text}"
    if condition.partition("/")[0] in lexicon.HEADS:
        return f"round{NO_BREAK}{text}"
    return {"deg": f"{text}°", "1": text, "": text}.get(unit, f"{text}{NO_BREAK}{unit}")


def axis(condition: str, unit: str) -> str:
    """Return the label of the severity's axis, with its unit."""
    threat = condition.partition("/")[0]
    if threat in THREATS:
        return f"epsilon ({THREATS[threat]}, pixels from 0 to 1)"
    if threat in lexicon.HEADS:
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
