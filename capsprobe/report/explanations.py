"""How to read a section, what stands beside it, and what its numbers are."""

from capsprobe.report import (
    arrangements,
    carries,
    expenses,
    meanings,
    shifts,
    signs,
    weighing,
)

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
