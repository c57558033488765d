"""Images to look at: for each model and condition those that went wrong at the least severity."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from capsprobe.report.measures import Scope, is_main
from capsprobe.report.pixels import difference_picture, grey_picture
from capsprobe.report.summary import Sample

MOST = 20
_ORDER = ["_condition", "_model", "_size", "training_seed", "unit_id"]


def worst_cases(samples: pd.DataFrame, scope: Scope) -> tuple[Sample, ...]:
    """Return images that were right when clean and wrong with the least perturbation.

    One for each condition and model; where there are more than twenty, conditions take turns,
    so that none is left out before another has its second.
    """
    wrong = samples[
        samples["condition"].map(is_main).astype(bool)
        & samples["model"].isin(scope.models)
        & (samples["clean_prediction"] == samples["label"])
        & (samples["prediction"] != samples["label"])
    ]
    if wrong.empty:
        return ()
    places = {name: place for place, name in enumerate(scope.conditions)}
    ordered = wrong.assign(
        _condition=[places.get(name, len(places)) for name in wrong["condition"]],
        _model=[scope.models.index(name) for name in wrong["model"]],
        _size=wrong["severity"].abs(),
    ).sort_values(_ORDER, kind="stable")
    firsts = ordered.drop_duplicates(["condition", "model"])
    turn = firsts.groupby("_condition").cumcount()
    chosen = firsts.assign(_turn=turn).sort_values(["_turn", "_condition"], kind="stable")[:MOST]
    chosen = chosen.sort_values(["_condition", "_model"], kind="stable")
    return tuple(_sample(row, scope.units) for row in chosen.to_dict("records"))


def _sample(row: dict, units: Mapping[str, str]) -> Sample:
    clean, perturbed = (_pixels(row, name) for name in ("clean", "perturbed"))
    return Sample(
        model=str(row["model"]),
        training_seed=int(row["training_seed"]),
        dataset=str(row["dataset"]),
        condition=str(row["condition"]),
        severity=float(row["severity"]),
        unit=units.get(str(row["condition"]), ""),
        unit_id=int(row["unit_id"]),
        label=str(row["label"]),
        clean_prediction=str(row["clean_prediction"]),
        prediction=str(row["prediction"]),
        clean=grey_picture(clean),
        perturbed=grey_picture(perturbed),
        difference=difference_picture(clean, perturbed),
    )


def _pixels(row: dict, name: str) -> np.ndarray:
    return np.asarray(row[name], dtype=np.uint8).reshape(int(row["height"]), int(row["width"]))
