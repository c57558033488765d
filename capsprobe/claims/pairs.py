"""Two checkpoints on the same clean images: exact McNemar tests, a row a training seed."""

from collections.abc import Mapping

import pandas as pd

from capsprobe.stats.significance import mcnemar

PAIR_COLUMNS = ("model_a", "model_b", "training_seed", "only_a", "only_b", "n_units", "p_value")
PAIRS = (("capsnet", "cnn"), ("capsnet", "capsnet-uniform"), ("capsnet", "senet"))


def checkpoint_pairs(
    observations: pd.DataFrame, *, dataset: str, roles: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Return PAIR_COLUMNS: how often only one of two is right, and McNemar's exact p-value.

    It speaks about these checkpoints, not about architectures. Images are those of the affine
    probe, unchanged.
    """
    held = dict(roles or {})
    rows = observations[
        (observations["probe"] == "affine")
        & (observations["dataset"] == dataset)
        & (observations["condition"] == "rotation")
        & (observations["severity"] == 0.0)
    ].astype({"model": "str"})
    right = rows.pivot_table(index="unit_id", columns=["model", "training_seed"], values="value")
    found = []
    for a, b in ((held.get(a, a), held.get(b, b)) for a, b in PAIRS):
        for seed in sorted(set(rows["training_seed"])):
            if (a, seed) in right and (b, seed) in right:
                both = right[[(a, seed), (b, seed)]].dropna().to_numpy()
                test = mcnemar(both[:, 0], both[:, 1])
                found.append((a, b, int(seed), test.only_a, test.only_b, len(both), test.p_value))
    return pd.DataFrame(found, columns=list(PAIR_COLUMNS))
