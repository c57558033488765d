"""What the lights of one checkpoint and threat model are judged by, out of the observations."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from capsprobe.tables import ITSELF

STRENGTH, ADVERSARIAL, TRANSFER = "strength", "adversarial", "transfer"
_CHECKPOINT = ["model", "dataset", "training_seed"]
# Who stands after an attack, image by image; a column for each severity.
Standing = pd.DataFrame


def _nothing() -> Standing:
    return pd.DataFrame()


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """All that was measured of one checkpoint under one threat model.

    `trials` has who stands after each attack of the strength probe, `attacks` the same of the
    adversarial probe, `sources` of images made for other models, by the source. `offered` and
    `planted` hold values by metric.
    """

    model: str
    dataset: str
    training_seed: int
    threat: str
    trials: dict[str, Standing] = field(default_factory=dict)
    attacks: dict[str, Standing] = field(default_factory=dict)
    sources: dict[str, Standing] = field(default_factory=dict)
    offered: dict[str, pd.Series] = field(default_factory=dict)
    planted: dict[str, pd.Series] = field(default_factory=dict)

    @property
    def white_box(self) -> Standing:
        """Return who stands after the attacks that follow gradients in the adversarial probe.

        Where that probe did not tell them apart, PGD was the only one.
        """
        return self.attacks.get("gradients", self.attacks.get("pgd", _nothing()))


def evidence(observations: pd.DataFrame) -> Iterator[Evidence]:
    """Yield the evidence of each checkpoint and threat model that the strength probe looked at."""
    held = observations[observations["probe"].isin((STRENGTH, ADVERSARIAL, TRANSFER))]
    if not (held["probe"] == STRENGTH).any():
        return
    parts = held["condition"].astype(str).str.partition("/")
    named = held.assign(threat=parts[0], attack=parts[2])
    for key, rows in named.groupby([*_CHECKPOINT, "threat"], sort=True, observed=True):
        if (rows["probe"] == STRENGTH).any():
            yield _evidence(key, rows)


def _evidence(key: tuple[Hashable, ...], rows: pd.DataFrame) -> Evidence:
    model, dataset, seed, threat = key
    correct = rows[rows["metric"] == "correct"]
    trials, attacks, sources = (
        {
            str(name): table.pivot(index="unit_id", columns="severity", values="value")
            for name, table in correct[correct["probe"] == probe].groupby("attack", observed=True)
        }
        for probe in (STRENGTH, ADVERSARIAL, TRANSFER)
    )
    asked = rows[rows["probe"] == STRENGTH]
    offered, planted = (
        {
            str(name): table["value"]
            for name, table in asked[asked["attack"] == attack].groupby("metric", observed=True)
        }
        for attack in ("offered", "planted")
    )
    return Evidence(
        model=str(model),
        dataset=str(dataset),
        training_seed=int(np.asarray(seed)),
        threat=str(threat),
        trials=trials,
        attacks=attacks,
        sources={name: table for name, table in sources.items() if name != ITSELF},
        offered=offered,
        planted=planted,
    )
