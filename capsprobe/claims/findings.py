"""What the tables say of one hypothesis, and why nothing may be concluded from some."""

from dataclasses import dataclass, replace
from functools import cached_property
from math import inf, log
from typing import Literal

import numpy as np
import pandas as pd

from capsprobe.claims.base import Hypothesis
from capsprobe.claims.effects import Spread, sample
from capsprobe.claims.terms import Lacking, Tables
from capsprobe.claims.text import Text
from capsprobe.stats.crossed import POWER, Mean, crossed, never_certain, of_disjoint_pairs
from capsprobe.stats.families import LEVEL, brown_forsythe
from capsprobe.stats.lights.table import is_shown

Outcome = Literal["holds", "fails", "open", "not tested"]
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
        # A doubt may be about what speaks against it alone.
        if self.mean is None or (self.doubt and self.p_for == 1.0):
            return inf
        margin = self.hypothesis.margin
        if self.hypothesis.kind == "within":
            # Both sides have to be shown: each more often, for both to be often enough.
            return max(0.0, margin - self.mean.detectable(self.level, (1.0 + POWER) / 2.0))
        return margin + self.mean.detectable(self.level)

    @property
    def outcome(self) -> Outcome:
        """Return what this hypothesis's own interval says."""
        if self.lacking:
            return "not tested"
        if self.p_for < LEVEL / 2.0:
            return "holds"
        return "fails" if self.p_against < LEVEL / 2.0 else "open"


def found_of(
    hypothesis: Hypothesis, tables: Tables, lights: pd.DataFrame | None, level: float
) -> Finding:
    """Return what the tables say of a hypothesis, or why they say nothing."""
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
