"""The terms that several claims rest on, by name: each a model's number in one probe's table."""

from capsprobe.claims.terms import Term

CAPSNET, UNIFORM, CNN, SENET, SE_HEAD = "capsnet", "capsnet-uniform", "cnn", "senet", "se-head"
CAPSNET_DRAWS, CNN_DRAWS, SENET_DRAWS = "capsnet-decoder", "cnn-decoder", "senet-decoder"
"""The same networks, trained with a decoder of the same weight."""

_POSES = ("pose/rotation", "pose/scale", "pose/shear", "pose/shift-x", "pose/shift-y")
_SCRAMBLES = ("parts/displaced", "parts/shuffled", "parts/recombined", "parts/mirrored")
_BATCH = 32.0


def affine(model: str) -> Term:
    """Return accuracy over the sweeps of rotation, translation, scale and shear."""
    axes = ("rotation", "translation", "scale", "shear")
    return Term(model=model, probe="affine", metric="correct", conditions=axes)


def affnist(model: str) -> Term:
    """Return accuracy on affNIST, of networks trained on placed digits."""
    return Term(
        model=model, probe="affine", metric="correct", conditions=("affnist",), view="placed"
    )


def spatial(model: str) -> Term:
    """Return accuracy on the worst of a grid of shifts and turns, image by image."""
    return Term(model=model, probe="spatial", metric="correct", conditions=("spatial/grid",))


def corrupted(model: str) -> Term:
    """Return accuracy over all kinds and severities of corruption."""
    kinds = ("blur/", "clutter/", "edges/", "geometry/", "light/", "noise/")
    return Term(model=model, probe="corruption", metric="correct", conditions=kinds)


def attacked(model: str, norm: str) -> Term:
    """Return robust accuracy over the budgets of a norm, under the worst of all attacks."""
    return Term(model=model, probe="adversarial", metric="correct", conditions=(f"{norm}/worst",))


def overlapped(model: str) -> Term:
    """Return how often both digits of a MultiMNIST pair are named."""
    return Term(
        model=model,
        probe="overlap",
        metric="exact_match",
        conditions=("multimnist",),
        severities="all",
        view="pairs",
    )


def robustness(model: str) -> tuple[Term, ...]:
    """Return the five kinds that every network trained on single digits can be put to."""
    norms = (attacked(model, "linf"), attacked(model, "l2"))
    return (affine(model), spatial(model), corrupted(model), *norms)


def intact(model: str) -> Term:
    """Return how well a model's own score tells digits from the same parts in wrong places."""
    return Term(model=model, probe="relations", metric="intact_auroc", conditions=_SCRAMBLES)


def pose(model: str) -> Term:
    """Return R^2 of five pose parameters, read linearly from an embedding."""
    return Term(
        model=model, probe="relations", metric="readout", conditions=_POSES, severities="all"
    )


def divergence(model: str) -> Term:
    """Return the Jensen-Shannon divergence between the coefficients of two images, in bits."""
    return Term(
        model=model,
        probe="relations",
        metric="input_divergence",
        conditions=("input/coefficients",),
        severities="all",
    )


def factor(model: str, metric: str) -> Term:
    """Return a disentanglement score of an embedding against measured factors."""
    return Term(
        model=model,
        probe="factors",
        metric=metric,
        conditions=("factors/block",),
        severities="all",
    )


def matched(model: str, metric: str) -> Term:
    """Return how alike dimensions are across training seeds, matched by Hungarian assignment."""
    return Term(
        model=model,
        probe="alignment",
        metric=metric,
        conditions=(f"across/{model}",),
        severities="all",
    )


def confidence(model: str, metric: str) -> Term:
    """Return what a model's confidence is worth, clean and turned."""
    return Term(
        model=model,
        probe="confidence",
        metric=metric,
        conditions=("confidence/rotation",),
        severities="all",
    )


def deletion(model: str, order: str) -> Term:
    """Return the area under what is retained as children are taken away in an order."""
    return Term(
        model=model,
        probe="deletion",
        metric="area",
        conditions=(f"deletion/{order}",),
        severities="all",
    )


def gates(model: str, metric: str) -> Term:
    """Return a rank correlation over children, image by image."""
    return Term(model=model, probe="gate", metric=metric, conditions=("layer/",), severities="all")


def driven(model: str, metric: str) -> Term:
    """Return how weights rank what belongs to the digit, image by image, in cluttered images."""
    return Term(model=model, probe="gate", metric=metric, conditions=("driven/",), severities="all")


def grouping(model: str, metric: str) -> Term:
    """Return the concordance of three rounds of routing with k-means on the same votes.

    The mean of k-means from routing's first means and of k-means++.
    """
    return Term(
        model=model,
        probe="routing",
        metric=metric,
        conditions=("concordance/first-means", "concordance/plusplus"),
        severities=3.0,
    )


def at_round(model: str, metric: str, iteration: float) -> Term:
    """Return what a round of routing leaves."""
    return Term(
        model=model, probe="routing", metric=metric, conditions=("rounds",), severities=iteration
    )


def swapped(model: str, routing: str) -> Term:
    """Return accuracy with three rounds of another routing in the place of the model's own."""
    return Term(
        model=model,
        probe="routing",
        metric="correct",
        conditions=(f"swap/{routing}",),
        severities=3.0,
    )


def named(model: str, routing: str) -> Term:
    """Return the class that is named with three rounds of a routing."""
    return Term(
        model=model,
        probe="routing",
        metric="predicted",
        conditions=(f"swap/{routing}",),
        severities=3.0,
    )


def single(model: str, metric: str) -> Term:
    """Return a number of three rounds of the article's routing to one parent."""
    return Term(model=model, probe="routing", metric=metric, conditions=("single",), severities=3.0)


def latency(model: str, what: str) -> Term:
    """Return the time of a pass over 32 images beside a convolution's timed along with it."""
    return Term(
        model=model,
        probe="cost",
        metric="relative_latency",
        conditions=(f"latency/{what}",),
        severities=_BATCH,
        is_timed=True,
    )


def block(model: str, iterations: float) -> Term:
    """Return the time of the routing block alone."""
    return Term(
        model=model,
        probe="cost",
        metric="latency_ms",
        conditions=("block/routing",),
        severities=iterations,
        is_timed=True,
    )


def size(model: str, metric: str) -> Term:
    """Return a count: parameters or MACs."""
    return Term(
        model=model, probe="cost", metric=metric, conditions=("size/all",), severities="all"
    )


def memory(model: str, what: str) -> Term:
    """Return the peak memory of a pass over 32 images."""
    return Term(
        model=model,
        probe="cost",
        metric="peak_memory_mib",
        conditions=(f"memory/{what}",),
        severities=_BATCH,
    )


def trained(model: str, metric: str) -> Term:
    """Return what a checkpoint's manifest says of its training."""
    return Term(
        model=model, probe="training", metric=metric, conditions=("training",), severities="all"
    )
