"""The numbers that stand for the probes of routing in the overview, chosen before any result."""

import pandas as pd

from capsprobe.report.grids import estimates_grid
from capsprobe.report.panels import Grid
from capsprobe.report.routing.evidence import ROUNDS, Evidence

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
        (f"layer/{layer}", metric, ROUNDS)
        for layer in ("capsules", "stage-1", "stage-2")
        for metric in (
            "gate_article",
            "constant_routing",
            "drop_routing",
            "drop_gate",
            "routing_variation",
            "gate_variation",
        )
    ),
}


def numbers(evidence: Evidence) -> Grid:
    """Return the chosen estimates, models side by side."""
    wanted = pd.DataFrame(
        _CHOSEN[evidence.scope.probe], columns=["condition", "metric", "severity"]
    )
    return estimates_grid(evidence.estimates.merge(wanted), evidence.scope)
