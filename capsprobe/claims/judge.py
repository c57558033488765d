"""Verdicts from tables: each hypothesis tested, all primary ones corrected together."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from capsprobe.claims.base import Claim, in_order
from capsprobe.claims.findings import Finding, found_of
from capsprobe.claims.terms import Tables
from capsprobe.claims.training import training_table
from capsprobe.faults import DataFault
from capsprobe.stats.families import LEVEL, holm
from capsprobe.tables import COLUMNS

Word = Literal["supported", "refuted", "equivalent", "undecided", "not tested"]
VERDICTS: tuple[Word, ...] = ("supported", "refuted", "equivalent", "undecided", "not tested")


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """A claim judged. `decisive` is the finding that the verdict rests on, None without tests.

    `p_value` is that of the direction which the verdict names (the smaller of both where it is
    undecided), `p_adjusted` the same corrected by Holm over both directions of all claims.
    """

    claim: Claim
    word: Word
    findings: tuple[Finding, ...]
    decisive: Finding | None = None
    p_value: float = 1.0
    p_adjusted: float = 1.0

    @property
    def primary(self) -> tuple[Finding, ...]:
        """Return the findings that decide."""
        return tuple(each for each in self.findings if each.hypothesis.is_primary)


def judge(
    observations: pd.DataFrame,
    *,
    dataset: str,
    lights: pd.DataFrame | None = None,
    checkpoints: Sequence[Mapping[str, Any]] = (),
    roles: Mapping[str, str] | None = None,
    classes: int = 10,
    claims: Iterable[Claim] | None = None,
) -> tuple[Verdict, ...]:
    """Return a verdict on each claim, from observations of all probes and the attack lights.

    `dataset` is the base dataset's name; `lights` as `capsprobe.stats.lights.table.lights` gives
    them, without them no robustness number may be used; `checkpoints` are manifest entries.
    `roles` says which model plays the part of another in the claims, `{"capsnet": "my-net"}`.

    Raises
    ------
    DataFault
        Where a column of the observations is missing, or a value is not finite.
    """
    missing = [column for column in COLUMNS if column not in observations.columns]
    if missing:
        raise DataFault(f"expected columns {COLUMNS}, got none called {missing[0]!r}")
    if not np.isfinite(observations["value"].to_numpy(dtype=np.float64)).all():
        raise DataFault("expected finite values, got NaN or infinity among the observations")
    # An empty table has no kinds of columns, and would take them from the other.
    held = [each for each in (observations, training_table(checkpoints)) if len(each)]
    whole = pd.concat(held, ignore_index=True) if held else observations
    tables = Tables(whole, dataset=dataset, roles=roles, classes=classes)
    asked = tuple(in_order() if claims is None else claims)
    steps = 2 * sum(1 for claim in asked if claim.primary)
    found = [
        [found_of(each, tables, lights, LEVEL / max(steps, 1)) for each in claim.hypotheses]
        for claim in asked
    ]
    return decide(asked, found)


def decide(claims: Sequence[Claim], findings: Sequence[Sequence[Finding]]) -> tuple[Verdict, ...]:
    """Return the verdicts that findings amount to.

    A claim is supported where all its primary hypotheses are: its p-value is the largest of
    theirs (intersection-union). It is refuted where one fails: the smallest of theirs, times
    their number (Bonferroni). Both p-values of all claims are one family for Holm. What rests on
    clocks never repeats exactly: claims that do not are corrected as if all that does came last,
    which is never too lenient, so that their verdicts repeat.
    """
    drafts = [_draft(claim, tuple(held)) for claim, held in zip(claims, findings, strict=True)]
    tested = [draft for draft in drafts if draft.is_tested]
    p_values = [(draft.p_for, draft.p_against) for draft in tested]
    repeated = [
        (1.0, 1.0) if draft.is_timed else pair for draft, pair in zip(tested, p_values, strict=True)
    ]
    whole, apart = _corrected(p_values), _corrected(repeated)
    pairs = {
        draft.claim.id: whole[place] if draft.is_timed else apart[place]
        for place, draft in enumerate(tested)
    }
    return tuple(_verdict(draft, pairs.get(draft.claim.id, (1.0, 1.0))) for draft in drafts)


def _corrected(pairs: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return pairs of p-values, all of them corrected together."""
    adjusted = holm([p for pair in pairs for p in pair])
    return list(zip(adjusted[::2], adjusted[1::2], strict=True))


@dataclass(frozen=True, kw_only=True)
class _Draft:
    """A claim's findings with the p-values of both directions."""

    claim: Claim
    findings: tuple[Finding, ...]
    p_for: float
    p_against: float

    @property
    def present(self) -> list[Finding]:
        return [f for f in self.findings if f.hypothesis.is_primary and not f.lacking]

    @property
    def is_tested(self) -> bool:
        return bool(self.present)

    @property
    def is_timed(self) -> bool:
        return any(each.effect.is_timed for each in self.claim.primary)

    @property
    def is_whole(self) -> bool:
        return len(self.present) == len(self.claim.primary)


def _draft(claim: Claim, findings: tuple[Finding, ...]) -> _Draft:
    present = [f for f in findings if f.hypothesis.is_primary and not f.lacking]
    whole = bool(present) and len(present) == len(claim.primary)
    return _Draft(
        claim=claim,
        findings=findings,
        p_for=max(f.p_for for f in present) if whole else 1.0,
        p_against=min([1.0, *(len(present) * f.p_against for f in present)]),
    )


def _verdict(draft: _Draft, adjusted: tuple[float, float]) -> Verdict:
    verdict = Verdict(claim=draft.claim, word="not tested", findings=draft.findings)
    if not draft.is_tested:
        return verdict
    p_for, p_against = adjusted
    against = min(draft.present, key=lambda finding: finding.p_against)
    if p_against < LEVEL:
        return replace(
            verdict,
            word="refuted",
            decisive=against,
            p_value=draft.p_against,
            p_adjusted=p_against,
        )
    if not draft.is_whole:
        return verdict
    weakest = max(draft.present, key=lambda finding: finding.p_for)
    if p_for < LEVEL:
        word: Word = "equivalent" if draft.claim.asserts_sameness else "supported"
        return replace(verdict, word=word, decisive=weakest, p_value=draft.p_for, p_adjusted=p_for)
    return replace(
        verdict,
        word="undecided",
        decisive=against if draft.p_against < draft.p_for else weakest,
        p_value=min(draft.p_for, draft.p_against),
        p_adjusted=min(adjusted),
    )
