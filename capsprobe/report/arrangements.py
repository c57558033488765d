"""The words for relations: parts in wrong places, poses read out, coefficients by image."""

from capsprobe.report.text import Text

HEADS = ("parts", "pose", "input")
CONDITIONS = {
    "parts/intact": "Intact",
    "parts/displaced": "Parts displaced",
    "parts/shuffled": "Parts shuffled",
    "parts/recombined": "Parts strewn",
    "parts/mirrored": "Mirrored",
    "parts/seam": "Seams alone",
    "pose/rotation": "Rotation",
    "pose/scale": "Size",
    "pose/shear": "Shear",
    "pose/shift-x": "Shift across",
    "pose/shift-y": "Shift upwards",
    "input/coefficients": "Coefficients",
}
METRICS = {
    "intact_auroc": "AUROC, intact against scrambled",
    "label_auroc": "the same by the true class's score",
    "readout": "R² read from the class's block",
    "readout_whole": "R² read from the whole embedding",
    "readout_shuffled": "R² with poses shuffled",
    "input_divergence": "divergence from the mean over images (bits)",
    "class_divergence": "divergence from the mean over the class (bits)",
}
AXES = {"parts/displaced": "outwards by (pixels)"}
GRIDS = {"input": "Divergence of coefficients from a mean"}
# A short name of each way to scramble, for the head of a column.
SHORT = {
    "parts/intact": "intact",
    "parts/shuffled": "shuffled",
    "parts/recombined": "strewn",
    "parts/mirrored": "mirrored",
    "parts/seam": "seams",
}
COEFFICIENTS = ("intact_auroc", "label_auroc", "readout")
EXHIBITS = {
    "parts": Text(
        heading="Does it notice that the parts stand in wrong places?",
        reading=(
            "AUROC of a network's own highest score, intact images against the same ones "
            "scrambled: at 1 every intact image scores higher, at 0.5 it cannot tell the two "
            "apart. Quarters of the digit are displaced outwards, exchanged, or strewn; mirrored "
            "digits keep all their strokes and leave out 0, 1 and 8. The last row is the control: "
            "only the lines along which the digit is cut are blanked, and no part is moved. What "
            "lies there, any cut would give."
        ),
        meaning=(
            "A network that knew how parts belong together would score the scrambled digit low; "
            "one that only collects parts would not. Scores are compared with others of the same "
            "network alone, by rank, so that lengths and logits need no common scale."
        ),
    ),
    "scrambled": Text(
        heading="What the networks saw, and said",
        reading=(
            "One digit in each way of scrambling, and below it each network's highest score, from "
            "0 to 1, with the class that it names."
        ),
        folded="Another digit",
    ),
    "pose": Text(
        heading="Can the pose be read from the embedding?",
        reading=(
            "Every digit is turned, resized, sheared and moved at random, and each of these is "
            "read by ridge regression from the true class's block of the embedding: its class "
            "capsule, or the equally wide block of the others. A point is the cross-validated R² "
            "of images that the regression has not seen, its line the 95 % interval; at 0 it is no "
            "better than the mean. The grey bar below is what shuffled poses give. Then the same "
            "from the whole embedding."
        ),
        meaning=(
            "A decoder forces poses into the code of any network, so networks with a decoder are "
            "compared with each other, and those without with each other. The blocks of a CNN "
            "that was trained without a decoder have no class: the whole embedding is the fair "
            "reading of it. Class by class, each with a regression of its own; versions of one "
            "digit are never on both sides of a fold."
        ),
        folded="True against read, digit by digit",
    ),
    "input": Text(
        heading="Do the coefficients depend on the image?",
        reading=(
            "Jensen-Shannon divergence of an image's last coefficients from their mean over all "
            "images, and from their mean over images of its class, in bits: 0 where a constant "
            "would do, as it would for uniform routing."
        ),
    ),
}
OVERVIEW = {
    "relations": (
        "A column is a network. A larger AUROC minds more where parts stand, but only what lies "
        "above the seams alone is about their places. R² is of what a linear reading knows of a "
        "pose. A divergence of 0 means that the coefficients are the same for every image."
    ),
}
READING = (
    "Three questions to one network: about parts in wrong places, about the pose of the whole, "
    "and about routing coefficients. A network takes part in those that it has what they ask "
    "about: an embedding, votes that are routed."
)


def severity(value: float, condition: str) -> str:
    """Return a severity as a reader would say it; "" where there is only one."""
    if condition == "parts/displaced":
        return f"{value:g}\N{NO-BREAK SPACE}px" if value else "intact"
    if condition.startswith("parts/"):
        return "scrambled" if value else "intact"
    reach = {
        "pose/rotation": f"±{value:g}°",
        "pose/scale": f"±{100.0 * value:g}\N{NO-BREAK SPACE}%",
    }
    if condition in ("pose/shift-x", "pose/shift-y"):
        return f"±{value:g}\N{NO-BREAK SPACE}px"
    if condition == "input/coefficients":
        return f"round\N{NO-BREAK SPACE}{value:g}"
    return reach.get(condition, f"±{value:g}")
