"""Verdicts as files: `claims.json` for machines, `tables/claims.csv` and `.parquet` for others."""

import json
from collections.abc import Mapping, Sequence
from math import isfinite
from pathlib import Path
from typing import Any

import pandas as pd

from capsprobe.claims.findings import Finding
from capsprobe.claims.judge import Verdict
from capsprobe.claims.text import LANGUAGES
from capsprobe.files import write_text
from capsprobe.report.exports import write_table
from capsprobe.report.verdicts import sentences

CLAIM_COLUMNS = (
    "claim",
    "hypothesis",
    "is_primary",
    "kind",
    "scale",
    "estimate",
    "lower",
    "upper",
    "margin",
    "p_for",
    "p_against",
    "detectable",
    "n_seeds",
    "n_units",
    "unit",
    "outcome",
)
_ABOUT = {
    "text": "Hypotheses of the article's claims. Ratios are natural logarithms, and their margins.",
    "columns": {
        "claim": "id of the claim",
        "hypothesis": "id of the hypothesis within its claim",
        "is_primary": "whether it decides the claim",
        "kind": "above: the effect is to be above the margin; within: not farther from zero",
        "scale": "points: fraction of images; score, rank: from -1 to 1; ratio: logarithm; bits",
        "estimate": "mean over training seeds",
        "lower": "lower end of the 95 % interval",
        "upper": "upper end of the 95 % interval",
        "margin": "fixed before any result was read",
        "p_for": "one-sided p-value of the hypothesis not holding; uncorrected",
        "p_against": "one-sided p-value of the hypothesis holding; uncorrected",
        "detectable": "smallest effect that would have been shown to hold with a power of 80 %",
        "n_seeds": "number of training seeds",
        "n_units": "number of distinct units",
        "unit": "what a unit is",
        "outcome": "what the hypothesis says by itself, at 2.5 % a side",
    },
}


def write_verdicts(verdicts: Sequence[Verdict], run: Mapping[str, Any], folder: Path) -> None:
    """Write the files below a run folder; the same tables give the same bytes."""
    facts = {
        "dataset": run.get("data", {}).get("name", ""),
        "claims": [_claim(verdict) for verdict in verdicts],
    }
    text = json.dumps(facts, indent=1, ensure_ascii=False, allow_nan=False)
    write_text(folder / "claims.json", f"{text}\n")
    write_table(table(verdicts), _ABOUT, folder / "tables" / "claims")


def table(verdicts: Sequence[Verdict]) -> pd.DataFrame:
    """Return a row a hypothesis, CLAIM_COLUMNS; what could not be measured is left out."""
    rows = [
        {
            "claim": verdict.claim.id,
            **_numbers(found),
            "estimate": found.estimate,
            "lower": found.lower,
            "upper": found.upper,
            "detectable": found.detectable,
        }
        for verdict in verdicts
        for found in verdict.findings
        if not found.lacking
    ]
    return pd.DataFrame(rows, columns=list(CLAIM_COLUMNS))


def _claim(verdict: Verdict) -> dict[str, Any]:
    decisive = verdict.decisive
    return {
        "id": verdict.claim.id,
        "verdict": verdict.word,
        "assertion": {name: verdict.claim.assertion[name] for name in LANGUAGES},
        "sentence": {name: sentences.sentence(verdict, name) for name in LANGUAGES},
        "power": {name: sentences.power(verdict, name) for name in LANGUAGES},
        "p_value": verdict.p_value if decisive else None,
        "p_adjusted": verdict.p_adjusted if decisive else None,
        "decisive": decisive.hypothesis.id if decisive else None,
        "is_timed": any(f.hypothesis.effect.is_timed for f in verdict.primary),
        "hypotheses": [_hypothesis(found) for found in verdict.findings],
    }


def _hypothesis(found: Finding) -> dict[str, Any]:
    return {
        **_numbers(found),
        "text": {name: found.hypothesis.text[name] for name in LANGUAGES},
        "estimate": _finite(found.estimate),
        "lower": _finite(found.lower),
        "upper": _finite(found.upper),
        "detectable": _finite(found.detectable),
        "is_timed": found.hypothesis.effect.is_timed,
        "lacking": found.lacking.en if found.lacking else None,
        "doubt": found.doubt.en if found.doubt else None,
    }


def _numbers(found: Finding) -> dict[str, Any]:
    hypothesis = found.hypothesis
    return {
        "hypothesis": hypothesis.id,
        "is_primary": hypothesis.is_primary,
        "kind": hypothesis.kind,
        "scale": hypothesis.scale,
        "margin": hypothesis.margin,
        "p_for": found.p_for,
        "p_against": found.p_against,
        "n_seeds": found.n_seeds,
        "n_units": found.n_units,
        "unit": found.unit,
        "outcome": found.outcome,
    }


def _finite(value: float) -> float | None:
    """Return a number, none where it is endless or unknown: JSON has no such."""
    return value if isfinite(value) else None
