"""The words for interpretability: factors, traversals, alignment, confidence, deletion, classes."""

from capsprobe.report.text import Text
from capsprobe.tables import ITSELF

HEADS = ("factors", "traversal", "across", "confidence", "deletion", "insertion", "weights")
PROBES = {
    "factors": "Dimensions beside measured factors",
    "traversal": "Dimensions moved and drawn",
    "alignment": "Dimensions across trainings",
    "confidence": "Confidence beside errors",
    "deletion": "Parts taken away",
    "specificity": "Weights by class",
}
CONDITIONS = {
    "factors/block": "Block of the class",
    "factors/pca": "Principal components of pixels",
    "traversal/dimension": "One dimension moved",
    "traversal/drawing": "Drawn, nothing moved",
    "confidence/rotation": "Turned digits",
    "confidence/reliability": "How often right, by confidence",
    "deletion/own": "Most heeded taken away first",
    "deletion/random": "Taken away by chance",
    "insertion/own": "Most heeded kept longest",
    "insertion/random": "Kept by chance",
    "weights/capsules": "Primary capsules",
    "weights/stage-1": "Channels, first stage",
    "weights/stage-2": "Channels, second stage",
}
IN_PERCENT = (
    "confidence/reliability",
    "deletion/own",
    "deletion/random",
    "insertion/own",
    "insertion/random",
)
AXES = {
    "confidence/rotation": "rotation (degrees, sign by chance)",
    "confidence/reliability": "confidence (%)",
    **dict.fromkeys(IN_PERCENT[1:], "parts taken away (%)"),
}
# What stands at the vertical axis, where the heading says it in full.
VERTICAL = {
    "retained": "retained (%)",
    "error_auroc": "AUROC",
    "calibration_error": "error (%)",
    "calibration_error_fitted": "error (%)",
}
_SCORES = {
    "mig": "MIG",
    "sap": "SAP",
    "disentanglement": "DCI disentanglement",
    "completeness": "DCI completeness",
    "informativeness": "DCI informativeness (R²)",
    "selectivity": "selectivity",
}
MOVED = ("area", "length", "thickness", "slant", "width", "height", "holes")
METRICS = {
    **_SCORES,
    **{f"{name}_null": f"{text}, factors exchanged" for name, text in _SCORES.items()},
    "traversal_selectivity": "share of the factor that moves most",
    **{f"moved_{name}": f"change of {name} (standard deviations)" for name in MOVED},
    "drawing_error": "squared error of the drawing, over pixels",
    "drawing_error_mean": "the same of the mean image of the class",
    "matched_correlation": "|correlation| of matched dimensions",
    "matched_correlation_null": "the same, images exchanged",
    "numbered_correlation": "|correlation| of dimensions by number",
    "confidence": "confidence",
    "calibration_error": "expected calibration error",
    "calibration_error_fitted": "the same after Platt scaling",
    "brier": "Brier score",
    "error_auroc": "AUROC of confidence for own errors",
    "retained": "confidence retained",
    "area": "area under what is retained",
    "class_share": "variance between classes",
    "class_share_null": "the same, classes exchanged",
}
FRACTIONS = ("confidence", "calibration_error", "calibration_error_fitted", "retained")
EXHIBITS = {
    "factors": Text(
        heading="Does one dimension mean one factor?",
        reading=(
            "A point is a model, a mean over the ten classes, its line the 95 % interval; the grey "
            "bar below is the same with factors exchanged among the images of a class. At 1 each "
            "factor (area, length, thickness, slant, width, height, holes) has one dimension of "
            "its own. What lies within its grey bar is chance."
        ),
        meaning=(
            "With few images of a class chance scores well, above all in the selectivity; "
            "compare a point with its bar, and with the principal components of the pixels below, "
            "which no network had a hand in."
        ),
        folded="Principal components of the pixels",
    ),
    "traversal": Text(
        heading="What moves with one dimension?",
        reading=(
            "Each row is a dimension of the class's block, moved from two of its standard "
            "deviations below to two above while all others stay, and drawn by the decoder."
        ),
        meaning=(
            "Dimensions are moved by their own spread over images of the class: a fixed step, as "
            "in Sabour et al. 2017, suits capsules, whose length is below one, and no other "
            "embedding. The table says how far each factor moves from end to end, in its own "
            "standard deviations over images, and what share the largest of them has. With seven "
            "factors that moved alike it would be one seventh."
        ),
        folded="Other networks",
    ),
    "alignment": Text(
        heading="Does a dimension mean the same in another training?",
        reading=(
            "The mean |correlation| of dimensions of two trainings, matched one to one by the "
            "Hungarian method, class by class: rows are the networks examined, columns those they "
            "are matched with, as another training seed left them. On the diagonal of names stands "
            "the same model trained anew."
        ),
        meaning=(
            "Chance matches too: the figure beside has the same with the other's images exchanged, "
            "and by number, where nothing is matched."
        ),
    ),
    "confidence": Text(
        heading="Does its confidence say how often it is right?",
        reading=(
            "Left, images in bins of confidence: on the dotted line a network is as often right as "
            "it is sure, below it is too sure. The other curves follow digits that are turned: "
            "the error of calibration, and how well confidence tells right answers from wrong ones "
            "(1: always, 0.5: not at all)."
        ),
        meaning=(
            "The confidence is the longest capsule's length or the sigmoid of the highest logit, "
            "what the networks were trained on. Platt scaling on validation images puts them on a "
            "common scale; it needs errors there to be fitted to."
        ),
        folded="After Platt scaling, and Brier score",
    ),
    "deletion": Text(
        heading="Do the parts that it heeds carry the answer?",
        reading=(
            "Confidence in the answer to the whole image, as parts of it go: those that the "
            "network heeds most first, or by chance. The sooner it falls below chance's, the more "
            "its own weights explain."
        ),
        meaning=(
            "Parts are primary capsules, a SENet's gated channels, a CNN's channels at the same "
            "place, or features of an embedding; a network heeds them by coefficient and length, "
            "by gate, or by how active they are."
        ),
    ),
    "insertion": Text(
        heading="Do the parts that it heeds suffice?",
        reading=(
            "The same with the parts that it heeds least taken away first: the longer confidence "
            "stays, the fewer parts carry the answer."
        ),
    ),
    "specificity": Text(
        heading="Do the weights of parts go with the class?",
        reading=(
            "The share of a weight's variance over images that lies between classes, mean over "
            "children: at 1 the class decides it, at the grey bar it has nothing to do with it. "
            "Weights are a SENet's gates, and the coefficient that a capsule has for the winning "
            "parent."
        ),
        meaning=(
            "The coefficient is that for the winner, and the winner is the class: part of its "
            "share is that the parent changes and not the child. Children that are weighed alike "
            "in all images have no share and are left out; how many is among the warnings."
        ),
        folded="Mean weight of each child in each class",
    ),
}
GRIDS = {
    "traversal": "How far factors move from end to end, in their standard deviations",
    "alignment": "Matched, by chance, and by number",
}
OVERVIEW = {
    "factors": "A column is a network; a score says something where it is above its null below it.",
    "traversal": (
        "A column is a network with a decoder. Where its drawings err as much as the mean image of "
        "the class, it draws that, and there is nothing for a dimension to move."
    ),
    "alignment": "A column is a network, beside the same model as another seed left it.",
    "confidence": (
        "A column is a network. The error of calibration is better small, the AUROC large; at 0° "
        "a network without errors has no AUROC."
    ),
    "deletion": (
        "A column is a network. Its own order explains where the area under deletion is smaller "
        "than chance's, and that under insertion larger."
    ),
    "specificity": "A column is a network; a dash stands where it has no such weights.",
}
READING = {
    "factors": (
        "What a drawn digit measures is set beside the dimensions of the embedding, class by "
        "class, by four scores of the literature and one of ours."
    ),
    "traversal": "Only networks with a decoder can be asked what a dimension draws.",
    "alignment": "What a dimension means in one training, it need not mean in the next.",
    "confidence": "How sure a network is of its answer, set beside whether it is right.",
    "deletion": "An explanation that names the parts that matter can be tested by removing them.",
    "specificity": "What stands for one entity should be weighed by whether that entity is there.",
}
COEFFICIENTS = (
    *_SCORES,
    "matched_correlation",
    "numbered_correlation",
    "error_auroc",
    "area",
    "class_share",
    "traversal_selectivity",
)
# How the network is called beside itself.
_SAME = "the network itself"


def condition(name: str) -> str:
    """Return a condition's heading: `across/cnn` reads "Beside cnn"."""
    head, _, rest = name.partition("/")
    if head == "across":
        return f"Beside {_SAME if rest == ITSELF else rest}"
    return CONDITIONS.get(name, name)


def severity(value: float, condition: str) -> str:
    """Return a severity as a reader would say it; "" where there is only one."""
    head = condition.partition("/")[0]
    if head == "confidence":
        return f"{value:g}°"
    if head in ("deletion", "insertion"):
        return f"{100.0 * value:g}\N{NO-BREAK SPACE}% away"
    if condition == "traversal/dimension":
        return f"±{value:g}\N{NO-BREAK SPACE}sd"
    return ""
