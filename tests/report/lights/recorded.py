"""A made-up run with lights, and what is collected from it."""

from typing import Any

import pandas as pd

from capsprobe.report.collect import collect
from capsprobe.report.exports import summaries_of
from capsprobe.report.sections import Kept
from capsprobe.report.summary import Summary
from tests.report import recorded
from tests.stats.lights.recorded import TRIALS, VALUES, rows, strength

WEAK = {**TRIALS, "pgd": {0.05: 10, 0.1: 10, 1.0: 3}}
FLAT = {**VALUES, "offered": {**VALUES["offered"], "gradient_norm": 0.0}}
ATTACKED = {0.05: 10, 0.1: 5}


def observations() -> pd.DataFrame:
    """Return rows of two models with two training seeds; capsnet fails with the second, in Linf."""
    tables = [
        strength(model, threat=threat, seed=seed)
        for model in ("capsnet", "cnn")
        for threat in ("linf", "l2")
        for seed in (0, 1)
        if (model, threat, seed) != ("capsnet", "linf", 1)
    ]
    tables.append(strength("capsnet", trials=WEAK, values=FLAT, seed=1))
    tables += [
        rows("adversarial", model, f"{threat}/{attack}", ATTACKED, seed=seed)
        for model in ("capsnet", "cnn")
        for threat in ("linf", "l2")
        for attack in ("pgd", "worst")
        for seed in (0, 1)
    ]
    return pd.concat(tables, ignore_index=True)


def run() -> dict[str, Any]:
    """Return what run.json would hold."""
    held = observations()
    facts = recorded.record(held, images=20)
    facts["probes"] = {
        probe: {
            "question": "Are the attacks strong enough to be believed?",
            "metrics": [],
            "conditions": [
                {"name": name, "unit": "1"}
                for name in held.loc[held["probe"] == probe, "condition"].unique()
            ],
            "settings": {"steps": 20},
        }
        for probe in ("adversarial", "strength")
    }
    return facts


def summary(kept: Kept, facts: dict[str, Any]) -> Summary:
    """Return the summary of the run."""
    return collect(summaries_of(kept.observations, facts), kept, facts)
