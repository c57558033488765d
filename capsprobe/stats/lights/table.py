"""The lights of a run as a table, and what they mean together: whether robustness is shown."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from capsprobe.stats.lights.evidence import evidence
from capsprobe.stats.lights.signs import LIGHTS

LIGHT_COLUMNS = (
    "model",
    "dataset",
    "training_seed",
    "threat",
    "light",
    "state",
    "value",
    "threshold",
    "severity",
    "beside",
    "n_units",
)
_KINDS = {
    **dict.fromkeys(("model", "dataset", "threat", "light", "state", "beside"), "str"),
    **dict.fromkeys(("training_seed", "n_units"), "int64"),
    **dict.fromkeys(("value", "threshold", "severity"), "float64"),
}


@dataclass(frozen=True, order=True)
class Threatened:
    """A model, trained on a dataset, under a threat model: `linf` or `l2`."""

    model: str
    dataset: str
    threat: str


def lights(observations: pd.DataFrame) -> pd.DataFrame:
    """Return a row a light, LIGHT_COLUMNS, for each checkpoint and threat model that was asked.

    Of the observations those of the probes strength, adversarial and transfer count, where a run
    holds them. `state` is "passed", "failed" or "not checked"; a light that was not checked has
    no value.
    """
    rows = []
    for seen in evidence(observations):
        named = {
            "model": seen.model,
            "dataset": seen.dataset,
            "training_seed": seen.training_seed,
            "threat": seen.threat,
        }
        rows += [{**named, "light": name, **vars(judge(seen))} for name, judge in LIGHTS.items()]
    return pd.DataFrame(rows, columns=list(LIGHT_COLUMNS)).astype(_KINDS)


def not_shown(table: pd.DataFrame) -> Mapping[Threatened, tuple[str, ...]]:
    """Return the lights that failed, in any training seed, by whom robustness is not shown of."""
    failed = table[table["state"] == "failed"]
    return {
        Threatened(*map(str, key)): tuple(dict.fromkeys(map(str, rows["light"])))
        for key, rows in failed.groupby(["model", "dataset", "threat"], sort=True)
    }


def is_shown(
    table: pd.DataFrame, model: str, dataset: str, threat: str, *, seeds: Iterable[int] = ()
) -> bool:
    """Return whether a robustness number of a model may be used as one.

    So it is where in every training seed, those in `seeds` among them, some light passed and none
    failed. Where nobody asked, or nothing could be checked, nothing is shown.
    """
    rows = table[
        (table["model"] == model) & (table["dataset"] == dataset) & (table["threat"] == threat)
    ]
    passed = set(rows.loc[rows["state"] == "passed", "training_seed"])
    wanted = {*rows["training_seed"], *seeds}
    return bool(wanted) and wanted <= passed and not (rows["state"] == "failed").any()
