"""The words for gates beside routing."""

from capsprobe.report.text import Text

HEADS = ("driven",)
PROBES = {"gate": "Gates beside routing"}
CONDITIONS = {
    "layer/capsules": "Primary capsules",
    "layer/stage-1": "Channels, first stage",
    "layer/stage-2": "Channels, second stage",
    "driven/capsules": "Primary capsules, a zigzag through the image",
    "driven/stage-1": "Channels, first stage, a zigzag through the image",
    "driven/stage-2": "Channels, second stage, a zigzag through the image",
}
WEIGHTS = {
    "gate": "gate",
    "summed": "head's weights summed over classes",
    "routing": "routing coefficient",
    "activity": "routing, summed over parents by activation",
    "article": "article's coefficient",
    "length": "length of the child",
    "constant": "routing's mean over other images",
}
BELONGING = {
    "routing": "routing coefficient",
    "gate": "gate",
    "constant": "mean over other images",
}
METRICS = {
    "gate_article": "gate, article's coefficients",
    "summed_article": "head's weights summed, article's coefficients",
    "constant_routing": "the best constant, routing",
    "article_routing": "article's coefficients, routing",
    **{f"drop_{key}": f"ablation drop, {name}" for key, name in WEIGHTS.items()},
    **{f"{key}_variation": f"{name}, beyond a constant" for key, name in WEIGHTS.items()},
    "sum_spread": "spread of coefficients summed over parents",
    **{f"belonging_{key}": f"belonging to the digit, {name}" for key, name in BELONGING.items()},
}
COEFFICIENTS = ("drop_", "gate", "summed", "belonging_")
KINDS = {
    "together": "rank correlation over children",
    "drops": "rank correlation with the drop",
    "variation": "fraction of the variance",
    "driven": "rank correlation over children",
}
EXHIBITS = {
    "together": Text(
        heading="Do gates weigh children as routing does?",
        reading=(
            "A point is a model's rank correlation over children, a mean over images, its line the "
            "95 % interval; the grey bar below it is the same with children shuffled. At 1 the two "
            "rank all children alike, at 0 they have nothing in common."
        ),
        meaning=(
            "Capsules of two networks have nothing in common, so each network is compared with "
            "what can be computed from its own children. Sabour's coefficients, summed over "
            "parents, are one for every child; so the coefficient of the winning parent stands for "
            "routing. “The best constant” is its mean over all other images: what fixed weights, "
            "like the article's W2, could do at most."
        ),
    ),
    "drops": Text(
        heading="What foretells how much a child matters?",
        reading=(
            "The ablation drop is by how much the predicted class's logit falls without a child. A "
            "point far to the right: who weighs more is missed more; the grey bar below it is "
            "what shuffled children give."
        ),
    ),
    "variation": Text(
        heading="How much of the weights could a constant carry?",
        reading=(
            "At 0 the weights are the same for every image, so a constant carries them all; at 1 "
            "they share nothing from image to image."
        ),
    ),
    "driven": Text(
        heading="Does what belongs to the digit get more weight than what does not?",
        reading=(
            "A white zigzag is drawn through each image. Children are ranked by how much farther "
            "the digit alone moves their pose than the zigzag alone does, and by their weight in "
            "the image that has both. At 1 what belongs to the digit weighs most and what belongs "
            "to the zigzag least; the grey bar below is what shuffled children give. Only what is "
            "above the mean over other images was weighed for this image."
        ),
        meaning=(
            "A weight is that for the class that is shown, whatever was predicted. Poses are held "
            "against those of a black image. The zigzag is MNIST-C's, at its severity. Weights "
            "that are alike for all children, as those of uniform routing, rank nothing and have "
            "no row."
        ),
    ),
}
READING = {
    "gate": (
        "A gate gives each child a weight, and so does routing. Whether they are the same is asked "
        "of the children of one network at a time."
    ),
}
# How to read the numbers at a glance.
OVERVIEW = {
    "gate": (
        "A column is a network; a dash stands where it has no such weights. Gates do the work of "
        "routing where both rank children alike and foretell the ablation drop alike, and a "
        "constant can only where little of the variance is beyond it. Under a zigzag, weights "
        "heed the digit where what belongs to it ranks higher than by the mean over other images."
    ),
}
