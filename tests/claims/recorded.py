"""Tables with a known truth: every term of a claim gets the value that planted effects ask for."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from capsprobe.claims.base import Claim, Hypothesis
from capsprobe.claims.effects import Effect
from capsprobe.claims.terms import Term
from capsprobe.stats.lights.table import LIGHT_COLUMNS
from capsprobe.tables import COLUMNS

_NAMES = {"blur/": "blur/glass", "layer/": "layer/capsules"}
_ENDINGS = {"single": "", "placed": "-placed", "pairs": "-pairs"}
_MIDDLE = 0.5


def planted(
    claims: Sequence[Claim],
    effects: Mapping[str, float],
    *,
    seeds: int = 5,
    units: int = 60,
    spread: float = 1e-4,
    rng: np.random.Generator | None = None,
) -> pd.DataFrame:
    """Return observations in which primary hypotheses have these effects, by `claim/hypothesis`.

    One that is not named has the effect of its margin. Seeds and units are spread a little.
    """
    rng = rng or np.random.default_rng(0)
    primary = [(claim, each) for claim in claims for each in claim.primary]
    terms = list(dict.fromkeys(term for _, each in primary for _, term in _effect(each).terms))
    logs = {
        term
        for _, each in primary
        for _, term in _effect(each).terms
        if _effect(each).is_logarithmic
    }
    values = _solved(primary, terms, logs, effects)
    return pd.concat(
        [
            rows(term, np.exp(v) if term in logs else v, seeds, units, spread, rng)
            for term, v in zip(terms, values, strict=True)
        ],
        ignore_index=True,
    )


def rows(
    term: Term, value: float, seeds: int, units: int, spread: float, rng: np.random.Generator
) -> pd.DataFrame:
    """Return one condition and severity of a term around a value, in every seed and unit."""
    severity = term.severities if isinstance(term.severities, float) else 1.0
    noise = rng.normal(0.0, spread, (seeds, 1)) + rng.normal(0.0, spread, (1, units))
    table = pd.DataFrame(
        {
            "probe": term.probe,
            "model": term.model,
            "training_seed": np.repeat(np.arange(seeds), units),
            "dataset": f"digits{_ENDINGS[term.view]}",
            "condition": _NAMES.get(term.conditions[0], term.conditions[0]),
            "severity": severity,
            "unit": "image",
            "unit_id": np.tile(np.arange(units), seeds),
            "metric": term.metric,
            "value": (value + noise).ravel(),
        }
    )
    return table[list(COLUMNS)]


def lit(
    state: str = "passed",
    models: Sequence[str] | None = None,
    *,
    seeds: Sequence[int] = range(5),
) -> pd.DataFrame:
    """Return lights of all models that are attacked, in one state."""
    names = models or ("capsnet", "capsnet-uniform", "cnn", "senet")
    held = [
        {
            **dict.fromkeys(("value", "threshold", "severity"), 0.0),
            "model": model,
            "dataset": "digits",
            "training_seed": seed,
            "threat": threat,
            "light": "gradient",
            "state": state,
            "beside": "",
            "n_units": 20,
        }
        for model in names
        for threat in ("linf", "l2")
        for seed in seeds
    ]
    return pd.DataFrame(held, columns=list(LIGHT_COLUMNS))


def _effect(hypothesis: Hypothesis) -> Effect:
    assert isinstance(hypothesis.effect, Effect)
    return hypothesis.effect


def _solved(
    primary: Sequence[tuple[Claim, Hypothesis]],
    terms: Sequence[Term],
    logs: set[Term],
    effects: Mapping[str, float],
) -> np.ndarray:
    """Return the values nearest to the middle that have all the effects."""
    weights = np.zeros((len(primary), len(terms)))
    wanted = np.zeros(len(primary))
    middle = np.array([0.0 if term in logs else _MIDDLE for term in terms])
    for row, (claim, hypothesis) in enumerate(primary):
        for weight, term in _effect(hypothesis).terms:
            weights[row, terms.index(term)] += weight
        wanted[row] = effects.get(f"{claim.id}/{hypothesis.id}", hypothesis.margin)
    apart = wanted - weights @ middle
    return middle + np.linalg.lstsq(weights, apart, rcond=None)[0]
