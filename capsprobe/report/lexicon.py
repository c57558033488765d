"""The words of what has exhibits: conditions, metrics, and what each exhibit says."""

from capsprobe.report import (
    arrangements,
    carries,
    expenses,
    kinds,
    meanings,
    shifts,
    signs,
    weighing,
)
from capsprobe.report.text import Text

IN_ROUNDS = ("rounds", "lloyd", "concordance", "divergence", "single", "swap", "layer")
HEADS = (*IN_ROUNDS, *weighing.HEADS)
# Conditions that say no more than their metrics do.
UNNAMED = ("rounds", "divergence", "single")
LOWERED = ("inertia", "soft_inertia", "spherical_inertia", "clustering_loss", "kl_objective")
FRACTIONS = ("dead_parents", "same_prediction", *(f"{name}_falls" for name in LOWERED))
REFERENCES = {
    "first-means": "k-means from routing's first means",
    "plusplus": "k-means from k-means++",
    "concatenated": "k-means of votes side by side",
}
_BY_ANGLE = "spherical-"
_HEADINGS = {
    "rounds": "Rounds of its own routing",
    "divergence": "Images beside one another",
    "single": "One parent, as in the article",
}
_WORDS = {
    **weighing.METRICS,
    "entropy": "entropy of a child's coefficients (nats)",
    "effective_parents": "effective number of parents of a child",
    "effective_clusters": "effective number of clusters",
    "polarisation": "polarisation (0 even, 1 all to one)",
    "dead_parents": "parents without children",
    "logit_change": "mean change of a logit",
    "inertia": "inertia a child",
    "soft_inertia": "inertia by coefficients",
    "spherical_inertia": "inertia by angle",
    "clustering_loss": "clustering loss",
    "kl_objective": "objective of Wang and Liu",
    "cosine": "cosine of parent and centroid",
    "cosine_winner": "cosine of winning parent and centroid",
    "js_within": "divergence within a class (bits)",
    "js_between": "divergence between classes (bits)",
    "js_constant": "divergence from a constant (bits)",
    "cosine_mean": "cosine with the plain mean",
    "cosine_weighted": "cosine with the weighted mean",
    "effective_children": "effective number of children",
    "same_prediction": "equal answers",
    "cohen_kappa": "Cohen's kappa",
    **{
        f"{index}{null}": f"{name}{words}"
        for index, name in (("ari", "adjusted Rand index"), ("ami", "adjusted mutual information"))
        for null, words in (
            ("", ""),
            ("_shuffled", ", votes shuffled"),
            ("_uniform", ", ties by chance"),
            ("_random", ", random coefficients"),
        )
    },
}
METRICS = {
    **_WORDS,
    **{f"{name}_falls": f"{_WORDS[name]} never rises" for name in LOWERED},
}
AXES = {
    **meanings.VERTICAL,
    **expenses.VERTICAL,
    "intact_auroc": "AUROC",
    "entropy": "entropy (nats)",
    "effective_clusters": "clusters",
    "effective_children": "children",
    "polarisation": "polarisation",
    "dead_parents": "parents (%)",
    "logit_change": "change",
    "inertia": "inertia",
    "spherical_inertia": "1 − cosine",
    "clustering_loss": "loss",
    "kl_objective": "objective",
    "cosine_mean": "cosine",
    **dict.fromkeys(("js_within", "js_between", "js_constant"), "divergence (bits)"),
    **dict.fromkeys(("ari", "ari_shuffled"), "adjusted Rand index"),
}
_COEFFICIENTS = (
    *("ari", "ami", "cosine", "cohen", "js_", "polarisation"),
    *weighing.COEFFICIENTS,
    *meanings.COEFFICIENTS,
    *arrangements.COEFFICIENTS,
)
KINDS = weighing.KINDS


def condition(name: str) -> str:
    """Return a condition's heading: `concordance/plusplus` reads "k-means from k-means++"."""
    head, _, rest = name.partition("/")
    if head in ("concordance", "lloyd"):
        return reference(rest)
    if head == "swap":
        one, _, other = rest.partition("/")
        return f"Routing by {one} and by {other}" if other else f"Routing by {one}"
    return weighing.CONDITIONS.get(name) or _HEADINGS.get(name) or name


def reference(name: str) -> str:
    """Return a kind of k-means in words."""
    words = REFERENCES.get(name.removeprefix(_BY_ANGLE), name)
    return f"{words}, by angle" if name.startswith(_BY_ANGLE) else words


def weight(metric: str) -> str:
    """Return in words which weights a metric is about, for a figure that says the rest."""
    if metric.startswith("belonging_"):
        return weighing.BELONGING[metric.removeprefix("belonging_")]
    which = metric.removeprefix("drop_").removesuffix("_variation")
    return weighing.WEIGHTS.get(which) or METRICS[metric]


def is_coefficient(metric: str) -> bool:
    """Return whether a metric lies between -1 and 1, so that all deserve as many decimals."""
    return metric.startswith(_COEFFICIENTS) or metric.endswith(("_variation", "_routing"))


def is_count(metric: str) -> bool:
    """Return whether a metric counts something, so that all its digits are wanted."""
    return metric.startswith(expenses.COUNTS)


def units(probe: str) -> tuple[str, str]:
    """Return what a probe's numbers are means over, one and several of them."""
    return _UNITS.get(probe, ("image", "images"))


_UNITS = {
    "factors": ("class", "classes"),
    "alignment": ("class", "classes"),
    "traversal": ("dimension", "dimensions"),
    "specificity": ("child", "children"),
    "cost": ("repeat", "repeats"),
}
EXHIBITS = {
    **kinds.EXHIBITS,
    **shifts.EXHIBITS,
    **carries.EXHIBITS,
    **arrangements.EXHIBITS,
    **meanings.EXHIBITS,
    **expenses.EXHIBITS,
    **weighing.EXHIBITS,
    "lights": signs.EXHIBIT,
    "concordance": Text(
        heading="Does routing choose as k-means does?",
        reading=(
            "Each row is a model after three rounds; the upper half shows how the adjusted Rand "
            "index of routing's choices and k-means' is spread over images (1: the same clusters, "
            "0: what chance gives), the grey lower half the same with votes shuffled among "
            "children. Routing clusters as k-means does only where the upper half lies to the "
            "right of the lower. Below each, a cross and a diamond with bars mark the median and "
            "the middle 90 % of images for ties broken by chance and for random coefficients."
        ),
        meaning=(
            "A child casts another vote for each parent, so the votes for two parents are two sets "
            "of points, and “the same votes” can be clustered in two ways. Parent by parent, a "
            "child lies at its vote for a parent when its distance to that parent's centre is "
            "asked for, and clusters are parents: from routing's own first means, which gives "
            "k-means the same knowledge, and from k-means++, which owes routing nothing. Side by "
            "side, all votes of a child make one long point, and clusters belong to no parent. "
            "Shuffled votes are dealt anew among the children for each parent, and routing and "
            "k-means both work on those: what they have in common there comes from the two "
            "procedures, not from the children."
        ),
        folded="By angle, and round by round",
    ),
    "rounds": Text(
        heading="Do the coefficients converge?",
        reading=(
            "The round of routing grows to the right. Entropy at its top and polarisation at 0 "
            "mean that a child gives alike to all parents; the effective number of clusters says "
            "how many parents hold the children between them. The star is the published change of "
            "a logit in round 2."
        ),
        meaning=(
            "Every network runs its own routing for longer than the three rounds that it was "
            "trained with. A routing whose logits never change has no line on the logarithmic "
            "axis; those of expectation and maximisation are log likelihoods, not sums of "
            "agreements, so their size cannot be compared with the others."
        ),
    ),
    "divergence": Text(
        heading="Do the coefficients depend on the image?",
        reading=(
            "Jensen-Shannon divergence of an image's coefficients from those of other images of "
            "its class, of other classes, and from their mean over all images. Constant "
            "coefficients would lie on the axis at 0 in all three."
        ),
    ),
    "objective": Text(
        heading="Does routing lower what k-means lowers?",
        reading=(
            "A curve that falls is being lowered: in colour the inertia of routing's own centres, "
            "dashed and dotted that of k-means on the same votes, round by round, from routing's "
            "first means and from k-means++. The table says for how many images (%) a number "
            "never rises from one round to the next."
        ),
        meaning=(
            "Inertia is the squared distance of a child's vote to the nearest centre, a mean over "
            "children. Wang and Liu read routing as lowering a clustering loss, minus the "
            "agreement by coefficients, and the divergence of the coefficients from those of the "
            "round before; here with the network's own votes and parents, neither of length one. "
            "The scale is that of a model's own votes, so heights do not compare between models."
        ),
        folded="Inertia by angle",
    ),
    "swap": Text(
        heading="Does it matter which routing answers?",
        reading=(
            "Rows are networks, columns the routing that answers in place of their own, without "
            "training again; then, for one network, every pair of routings: the images to which "
            "both give the same answer (%), and Cohen's kappa of their answers (1: always the "
            "same, 0: what chance would give)."
        ),
        meaning="Round 3, the number that the networks were trained with, where nothing else is "
        "said.",
        folded="One and ten rounds, and the other networks",
    ),
    "article": Text(
        heading="The article's routing beside Sabour's",
        reading=(
            "The table has the accuracy (%) of networks trained with each routing, columns, when "
            "each routing answers, rows. The curves set the article's routing with its one parent "
            "beside the plain mean: at cosine 1 its output points where the mean points, and an "
            "effective number of children at its top means that all weigh alike."
        ),
        folded="",
    ),
    "pictures": Text(
        heading="Coefficients and votes of single images, round by round",
        reading=(
            "Heatmaps: children (rows) by parents (columns, a class each); the darker, the more of "
            "a child goes to that parent. Planes: the votes where they spread most; coloured those "
            "for the longest parent, the larger the more they count in it, grey those for the "
            "others; a digit stands at its centre, rings at the others', a cross where k-means "
            "has it."
        ),
        meaning=(
            "The images are the first of the test images that are of different classes; nothing "
            "was chosen for how it looks. Children are sorted by the parent that they give most to "
            "in the last round; the darkest is the largest coefficient in the figure."
        ),
        folded="The first image in the other networks",
    ),
    "distances": Text(
        heading="How far is the nearest image that errs?",
        reading=(
            "Of the images that are right when clean, the part that an attack broke within a "
            "distance: a curve further to the right resists more. Where it ends below 100 %, the "
            "others were never broken; a median counts them as farther than any that were, and is "
            "left out where half or more of them are such. An attack that broke no image has no "
            "curve: nothing that errs was found up to the farthest image there is, and the "
            "interval says of how many it may still be true. The worst case takes each image's "
            "least."
        ),
    ),
}

# What the table of an exhibit holds, after its heading.
GRIDS = {
    "distances": "Median distance to the nearest image found that errs, and images (%) with any",
    **kinds.GRIDS,
    **shifts.GRIDS,
    **meanings.GRIDS,
    **arrangements.GRIDS,
    **expenses.GRIDS,
    "objective": "Images (%) for which it never rises over the rounds",
    "article": "Accuracy (%), networks in columns, the routing that answers in rows, round 3",
}
# Those whose rows have a severity.
BY_SEVERITY = ("alignment",)
# How to read the numbers at a glance.
OVERVIEW = {
    **kinds.OVERVIEW,
    **arrangements.OVERVIEW,
    **meanings.OVERVIEW,
    **expenses.OVERVIEW,
    **weighing.OVERVIEW,
    "routing": (
        "A column is a network. Routing chooses as k-means does where the adjusted Rand index lies "
        "above that of shuffled votes; k-means can take its place where accuracy stays and "
        "Cohen's kappa is near 1; coefficients near 10 effective parents of a child, of 10 "
        "classes, say that nothing was chosen at all."
    ),
}
