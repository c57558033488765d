"""What the page calls parts and outcomes, and what others found of them."""

from capsprobe.factorial import FACTORS

OUTCOMES = {
    "clean": "clean images",
    "affine": "affine transformations",
    "corruption": "corruptions",
    "linf": "attacks in L∞",
    "l2": "attacks in L2",
}

SHORT = {
    "clean": "clean",
    "affine": "affine",
    "corruption": "corruptions",
    "linf": "L∞ attacks",
    "l2": "L2 attacks",
}

UNDER = {
    "clean": "on clean images",
    "affine": "under affine transformations",
    "corruption": "under corruptions",
    "linf": "under attacks in L∞",
    "l2": "under attacks in L2",
}

MEASURED = {
    "clean": "accuracy on clean images",
    "affine": "mean accuracy over rotations, translations, scales and shears of all sizes",
    "corruption": "mean accuracy over the 15 kinds of MNIST-C and five severities each",
    "linf": "mean accuracy under the worst of all attacks of budget quick, over L∞ sizes",
    "l2": "mean accuracy under the worst of all attacks of budget quick, over L2 sizes",
}

_PARTS = {
    "routing": "dynamic routing",
    "transforms": "separate transforms",
    "squash": "squash",
    "loss": "the margin loss",
    "decoder": "the decoder",
}

GU = "Gu, Tresp and Hu 2021"

PUBLISHED = {
    "routing": "harms",
    "transforms": "the transformation process harms",
    "squash": "benefits",
    "loss": "benefits",
    "decoder": "class-conditional reconstruction benefits",
}
"""Their abstract: two of five components harm, "while others are beneficial"."""


def part(factor: str) -> str:
    """Return what a part is called in a sentence."""
    return _PARTS[factor]


def contrast(factor: str) -> str:
    """Return a part with what it is held against."""
    without, there = FACTORS[factor]
    return f"{factor}: {there} − {without}"
