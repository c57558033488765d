"""The words for small turns with moves: their names, and what each exhibit of them says."""

from capsprobe.report.text import Text

HEAD = "spatial"
# Of all images as they are; no condition of the probe, but the top of its table.
NATURAL = "spatial/natural"
# Under these an image counts only if nothing that was tried broke it.
_ROBUST = ("worst-of-", "grid")
EXHIBITS = {
    "spatial": Text(
        heading="What do small turns and moves cost, and what does searching for the worst add?",
        reading=(
            "A point is a model, its line the 95 % interval; farther to the right bears more. "
            "Natural: the images as they are. Random: each under one turn and move by chance. "
            "Below, robust accuracy: right as it is and under each of ten by chance, and under "
            "every point of the grid. Where random is near natural and the grid far below it, a "
            "model bears most turns and moves, but for most images some small one breaks it."
        ),
        meaning=(
            "The grid takes hundreds of images for one, so it is for a fixed choice of few unless "
            "--limit names a number; n says of how many. Ten by chance are drawn between the "
            "points of the grid too, so an image that the grid leaves standing may still be "
            "broken: what is shown of either is an upper bound of the worst case."
        ),
        folded="",
    ),
    "spatial-classes": Text(
        heading="Which digits break?",
        reading=(
            "Rows are models, columns the digits; the darker, the more images of a class are still "
            "recognised. A class of fewer than ten images has no cell."
        ),
        meaning="n is that of one class.",
        folded="As they are, and by chance",
    ),
}
GRIDS = {"spatial": "Accuracy, from natural to the worst that was found"}
READING = (
    "Every image is turned by up to 30° either way and moved by up to 3 pixels down and to the "
    "right, both at once, the ranges of Engstrom et al. 2019 unless set otherwise; the grid has 31 "
    "turns and 5 by 5 moves. Gradients lead nowhere near the worst of these, so all are tried. "
    "Every model gets the same. Where ink would leave the canvas, the image is pulled back by as "
    "few whole pixels as hold it: nothing is cut, but on 28×28 pixels a wide digit moves less "
    "than it would on 40×40."
)
SCORES = (
    "Robust accuracy: right as it is and under every turn and move that was tried, ten by chance "
    "or all of a grid."
)


def condition(name: str) -> str:
    """Return a condition's heading: `spatial/worst-of-10` reads "Worst of 10 random"."""
    kind = name.partition("/")[2]
    if kind.startswith("worst-of-"):
        return f"Worst of {kind.removeprefix('worst-of-')} random"
    names = {"natural": "Natural", "random": "Random turn and move", "grid": "Worst of the grid"}
    return names.get(kind, "Small turns and moves")


def is_robust(name: str) -> bool:
    """Return whether accuracy under a condition is robust accuracy."""
    head, _, kind = name.partition("/")
    return head == HEAD and kind.startswith(_ROBUST)


def severity(value: float) -> str:
    """Return a severity as a reader would say it."""
    return "whole range" if value else "as it is"


def measure(name: str) -> str:
    """Return a condition as it stands in a sentence, after "on"."""
    words = condition(name).replace(" random", " random turns and moves")
    return f"the {words[:1].lower()}{words[1:]}".replace("the grid", "the grid of turns and moves")


def tick(name: str) -> str:
    """Return a condition as a label in a figure."""
    words = condition(name)
    return f"Spatial, {words[:1].lower()}{words[1:]}".replace(" random", "").replace(" of the", ",")
