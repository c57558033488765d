"""Verdicts from tables: each hypothesis tested, all primary ones corrected together."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import inf, log
from typing import Any, Literal

import numpy as np
import pandas as pd

from capsprobe.claims.base import Claim, Hypothesis, in_order
from capsprobe.claims.effects import Spread, sample
from capsprobe.claims.terms import Lacking, Tables
from capsprobe.claims.text import Text
from capsprobe.claims.training import training_table
from capsprobe.stats.crossed import Mean, crossed, never_certain, of_disjoint_pairs
from capsprobe.stats.families import LEVEL, brown_forsythe, holm
from capsprobe.stats.lights.table import is_shown

Word = Literal["supported", "refuted", "equivalent", "undecided", "not tested"]
Outcome = Literal["holds", "fails", "open", "not tested"]
VERDICTS: tuple[Word, ...] = ("supported", "refuted", "equivalent", "undecided", "not tested")
FEWEST_UNITS = 20
"""Images below which what is said of them says too little to decide anything."""
# Of classes, children and networks there are as many as there are.
_SAMPLED = ("image", "pair")
# Where each training seed is set beside the next, around a ring.
_RING = "alignment"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What the tables say of one hypothesis.

    `p_for` is the p-value of "it does not hold", `p_against` that of "it holds", neither
    corrected; `outcome` is read from them at 2.5 % each, for one hypothesis by itself. `level` is
    that of the correction's first step. `lacking` says why there is nothing, `doubt` why nothing
    may be concluded. Ratios are logarithms here.
    """

    hypothesis: Hypothesis
    estimate: float = np.nan
    lower: float = -inf
    upper: float = inf
    p_for: float = 1.0
    p_against: float = 1.0
    mean: Mean | None = None
    level: float = LEVEL
    n_seeds: int = 0
    n_units: int = 0
    n_least: int = 0
    unit: str = ""
    lacking: Text | None = None
    doubt: Text | None = None

    @cached_property
    def detectable(self) -> float:
        """Return the smallest effect that would have been shown to hold with a power of 80 %.

        At the level of the first step. Of one that is to lie within the margin, how far it may be
        from zero; 0 where not even nothing would have been shown.
        """
        if self.mean is None or self.doubt:
            return inf
        margin, beyond = self.hypothesis.margin, self.mean.detectable(self.level)
        if self.hypothesis.kind == "within":
            return max(0.0, margin - beyond)
        return margin + beyond

    @property
    def outcome(self) -> Outcome:
        """Return what this hypothesis's own interval says."""
        if self.lacking:
            return "not tested"
        if self.p_for < LEVEL / 2.0:
            return "holds"
        return "fails" if self.p_against < LEVEL / 2.0 else "open"


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
    """
    # An empty table has no kinds of columns, and would take them from the other.
    held = [each for each in (observations, training_table(checkpoints)) if len(each)]
    whole = pd.concat(held, ignore_index=True) if held else observations
    tables = Tables(whole, dataset=dataset, roles=roles, classes=classes)
    asked = tuple(in_order() if claims is None else claims)
    steps = 2 * sum(1 for claim in asked if claim.primary)
    found = [
        [_finding(each, tables, lights, LEVEL / max(steps, 1)) for each in claim.hypotheses]
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


def _finding(
    hypothesis: Hypothesis, tables: Tables, lights: pd.DataFrame | None, level: float
) -> Finding:
    empty = Finding(hypothesis=hypothesis)
    try:
        if isinstance(hypothesis.effect, Spread):
            return _of_spread(empty, hypothesis.effect, tables)
        mean = crossed(sample(hypothesis.effect, tables))
        readings = [tables.read(term) for _, term in hypothesis.effect.terms]
    except Lacking as why:
        return replace(empty, lacking=why.text)
    unit = readings[0].unit
    least = min(len(reading.influence) for reading in readings)
    if unit in _SAMPLED:
        mean = never_certain(mean)
    if any(term.probe == _RING for _, term in hypothesis.effect.terms):
        mean = of_disjoint_pairs(mean)
    found = replace(finding(hypothesis, mean, level), unit=unit, n_least=least)
    if unit in _SAMPLED and least < FEWEST_UNITS:
        doubt = Text(
            en=f"too few to decide by: {least} images in one of its tables",
            zh=f"数量太少，不足以判断：其中一张表只有 {least} 幅图像",
        )
        return replace(found, p_for=1.0, p_against=1.0, doubt=doubt)
    return _in_the_light(found, tables, lights)


def finding(hypothesis: Hypothesis, mean: Mean, level: float) -> Finding:
    """Return what a mean says of a hypothesis; `level` is that of the first step's test."""
    margin = hypothesis.margin
    if hypothesis.kind == "within":
        p_for, p_against = mean.p_within(margin), mean.p_beyond(margin)
    else:
        p_for, p_against = mean.p_above(margin), mean.p_below(margin)
    lower, upper = mean.interval()
    return Finding(
        hypothesis=hypothesis,
        estimate=mean.estimate,
        lower=lower,
        upper=upper,
        p_for=p_for,
        p_against=p_against,
        mean=mean,
        level=level,
        n_seeds=mean.n_seeds,
        n_units=mean.n_units,
    )


def _of_spread(empty: Finding, spread: Spread, tables: Tables) -> Finding:
    a, b = (tables.read(term).by_seed.to_numpy() for term in (spread.a, spread.b))
    ratio, p_value = brown_forsythe(a, b)
    if np.isnan(ratio):
        raise Lacking(en="no spread over training seeds in either", zh="两者在训练种子间都没有离散")
    estimate = log(ratio) if 0.0 < ratio < inf else inf * (1.0 if ratio > 1.0 else -1.0)
    half = p_value / 2.0
    above, below = (half, 1.0 - half) if estimate > 0.0 else (1.0 - half, half)
    return replace(
        empty, estimate=estimate, p_for=above, p_against=below, n_seeds=min(len(a), len(b))
    )


def _in_the_light(found: Finding, tables: Tables, lights: pd.DataFrame | None) -> Finding:
    """Take back what rests on a model whose robustness is not shown.

    An attack that was too weak makes a model look better: it cannot be what is robust, and it
    cannot be what another is measured against and found wanting.
    """
    effect, threats = found.hypothesis.effect, found.hypothesis.threats
    if not threats or isinstance(effect, Spread):
        return found
    attacked = [(weight, term) for weight, term in effect.terms if term.probe == "adversarial"]
    signs = {term.model: weight for weight, term in attacked}
    seeds = {term.model: tables.read(term).by_seed.index for _, term in attacked}
    dark = {
        role
        for role in signs
        for threat in threats
        if lights is None
        or not is_shown(
            lights, tables.name(role), tables.dataset("single"), threat, seeds=map(int, seeds[role])
        )
    }
    if not dark:
        return found
    is_either = found.hypothesis.kind == "within"
    takes_for = is_either or any(signs[role] > 0.0 for role in dark)
    takes_against = is_either or any(signs[role] < 0.0 for role in dark)
    names = ", ".join(tables.name(role) for role in sorted(dark))
    return replace(
        found,
        p_for=1.0 if takes_for else found.p_for,
        p_against=1.0 if takes_against else found.p_against,
        doubt=Text(
            en=f"robustness not shown of {names}: an attack light is red or was not lit",
            zh=f"{names} 的鲁棒性未得到证明：攻击强度指示灯为红或未点亮",
        ),
    )
