"""Which way effects on meaning point: what speaks for the first model raises them."""

import numpy as np
import pandas as pd
import pytest

from capsprobe.claims.effects import Effect, sample
from capsprobe.claims.meaning import across, deleted, excess
from capsprobe.claims.terms import Tables
from tests.claims.recorded import rows

A, B = "capsnet-decoder", "cnn-decoder"


def value(effect: Effect, model: str = "", beginning: str = "", by: float = 0.0) -> float:
    """The effect where all terms are a half, but for those of a model that begin so: more by so."""
    rng = np.random.default_rng(0)
    tables = [
        rows(term, 0.5 + (by if changed else 0.0), 2, 30, 0.0, rng)
        for _, term in effect.terms
        for name in (f"{term.metric} {' '.join(term.conditions)}",)
        for changed in (term.model == model and name.startswith(beginning),)
    ]
    found = sample(effect, Tables(pd.concat(tables), dataset="digits"))
    return float(found.by_seed.mean())


@pytest.mark.parametrize(
    ("effect", "what", "by", "moved"),
    [
        # One of four scores, then its null.
        (excess(A, B), "mig factors", 0.2, 0.05),
        (excess(A, B), "mig_null", 0.2, -0.05),
        (across(A, B), "matched_correlation across", 0.2, 0.2),
        (across(A, B), "matched_correlation_null", 0.2, -0.2),
        # The sooner a score falls in the order of weights, the smaller the area under it.
        (deleted(A, B), "area deletion/own", -0.2, 0.2),
        (deleted(A, B), "area deletion/random", -0.2, -0.2),
    ],
)
def test_what_speaks_for_a_model_moves_the_effect_towards_it(
    effect: Effect, what: str, by: float, moved: float
) -> None:
    assert value(effect) == pytest.approx(0.0, abs=1e-9)
    assert value(effect, A, what, by) == pytest.approx(moved)
    assert value(effect, B, what, by) == pytest.approx(-moved)
