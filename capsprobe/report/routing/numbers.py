"""The numbers that stand for the probes of routing in the overview, chosen before any result."""

import pandas as pd

from capsprobe.report.grids import estimates_grid
from capsprobe.report.panels import Grid
from capsprobe.report.routing.evidence import ROUNDS, Evidence

_ELSEWHERE = {
    "relations": (
        ("parts/displaced", "intact_auroc", 2.0),
        ("parts/shuffled", "intact_auroc", 1.0),
        ("parts/recombined", "intact_auroc", 1.0),
        ("parts/mirrored", "intact_auroc", 1.0),
        ("parts/seam", "intact_auroc", 1.0),
        ("parts/shuffled", "correct", 1.0),
        *(
            (f"pose/{name}", metric, reach)
            for name, reach in (("rotation", 20.0), ("scale", 0.15), ("shear", 0.2))
            for metric in ("readout", "readout_whole")
        ),
        ("pose/shift-x", "readout", 2.0),
        ("pose/shift-y", "readout", 2.0),
        ("input/coefficients", "input_divergence", ROUNDS),
    ),
    "factors": tuple(
        ("factors/block", f"{score}{null}", 0.0)
        for score in ("mig", "sap", "disentanglement", "completeness", "selectivity")
        for null in ("", "_null")
    ),
    "traversal": (
        ("traversal/drawing", "drawing_error", 0.0),
        ("traversal/drawing", "drawing_error_mean", 0.0),
        ("traversal/dimension", "traversal_selectivity", 2.0),
    ),
    "alignment": tuple(
        (f"across/{model}", metric, 0.0)
        for model in ("capsnet", "capsnet-decoder", "cnn", "cnn-decoder", "senet", "senet-decoder")
        for metric in ("matched_correlation", "matched_correlation_null")
    ),
    "confidence": tuple(
        ("confidence/rotation", metric, degrees)
        for metric in ("calibration_error", "error_auroc")
        for degrees in (0.0, 30.0)
    ),
    "deletion": tuple(
        (f"{way}/{order}", "area", 1.0)
        for way in ("deletion", "insertion")
        for order in ("own", "random")
    ),
    "specificity": tuple(
        (f"weights/{layer}", metric, 0.0)
        for layer in ("capsules", "stage-1", "stage-2")
        for metric in ("class_share", "class_share_null")
    ),
    "cost": (
        ("size/all", "parameters", 0.0),
        ("size/all", "macs", 0.0),
        ("latency/forward", "latency_ms", 128.0),
        ("latency/forward", "relative_latency", 128.0),
        ("latency/training", "latency_ms", 128.0),
        ("latency/training", "relative_latency", 128.0),
        ("latency/forward", "latency_ms", 1.0),
        ("block/routing", "latency_ms", ROUNDS),
        ("memory/training", "peak_memory_mib", 128.0),
    ),
}
# The severity at which MNIST-C shows one.
_ZIGZAG = 3.0
_OF_CHILDREN = {
    "layer": (
        "gate_article",
        "constant_routing",
        "drop_routing",
        "drop_gate",
        "routing_variation",
        "gate_variation",
    ),
    "driven": ("belonging_routing", "belonging_gate", "belonging_constant"),
}
# Condition, metric, severity.
_CHOSEN = {
    "routing": (
        ("rounds", "effective_parents", ROUNDS),
        ("rounds", "effective_parents", 10.0),
        ("rounds", "logit_change", 2.0),
        ("concordance/first-means", "ari", ROUNDS),
        ("concordance/first-means", "ari_shuffled", ROUNDS),
        ("concordance/first-means", "cosine_winner", ROUNDS),
        ("concordance/concatenated", "ari", ROUNDS),
        ("concordance/concatenated", "ari_shuffled", ROUNDS),
        ("divergence", "js_constant", ROUNDS),
        ("swap/dynamic", "correct", ROUNDS),
        ("swap/kmeans", "correct", ROUNDS),
        ("swap/kmeans-hard", "correct", ROUNDS),
        ("swap/uniform", "correct", ROUNDS),
        ("swap/dynamic/kmeans", "cohen_kappa", ROUNDS),
        ("single", "cosine_mean", ROUNDS),
    ),
    "gate": tuple(
        (f"{part}/{layer}", metric, _ZIGZAG if part == "driven" else ROUNDS)
        for layer in ("capsules", "stage-1", "stage-2")
        for part, metrics in _OF_CHILDREN.items()
        for metric in metrics
    ),
    **_ELSEWHERE,
}


def numbers(evidence: Evidence) -> Grid:
    """Return the chosen estimates, models side by side."""
    wanted = pd.DataFrame(
        _CHOSEN[evidence.scope.probe], columns=["condition", "metric", "severity"]
    )
    return estimates_grid(evidence.estimates.merge(wanted), evidence.scope)
