"""From terms to one effect a training seed, with what each unit adds to it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from capsprobe.claims.terms import Lacking, Reading, Tables, Term
from capsprobe.stats.crossed import Sample
from capsprobe.stats.kappa import kappa


@dataclass(frozen=True, kw_only=True)
class Effect:
    """A weighted sum of terms, or of their logarithms; paired by training seed and unit."""

    terms: tuple[tuple[float, Term], ...]
    is_logarithmic: bool = False

    @property
    def is_timed(self) -> bool:
        """Return whether it rests on clocks, and so never repeats exactly."""
        return any(term.is_timed for _, term in self.terms)

    @property
    def models(self) -> tuple[str, ...]:
        """Return the parts that it is about, once each."""
        return tuple(dict.fromkeys(term.model for _, term in self.terms))


@dataclass(frozen=True, kw_only=True)
class Spread:
    """How widely the training seeds of a are spread, over how widely those of b are."""

    a: Term
    b: Term
    is_timed = False

    @property
    def models(self) -> tuple[str, ...]:
        """Return the parts that it is about."""
        return self.a.model, self.b.model


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """Cohen's kappa of what is named in two ways, unit by unit; paired by training seed."""

    a: Term
    b: Term
    is_timed = False

    @property
    def terms(self) -> tuple[tuple[float, Term], ...]:
        """Return both ways."""
        return ((1.0, self.a), (1.0, self.b))

    @property
    def models(self) -> tuple[str, ...]:
        """Return the parts that it is about, once each."""
        return tuple(dict.fromkeys(term.model for _, term in self.terms))


def difference(a: Iterable[Term], b: Iterable[Term]) -> Effect:
    """Return the mean of the terms a, less the mean of the terms b."""
    return Effect(terms=(*_shared(a, 1.0), *_shared(b, -1.0)))


def logratio(a: Term, b: Term) -> Effect:
    """Return the natural logarithm of a over b."""
    return Effect(terms=((1.0, a), (-1.0, b)), is_logarithmic=True)


def value(term: Term, sign: float = 1.0) -> Effect:
    """Return a term as it is, or less than nothing."""
    return Effect(terms=((sign, term),))


def sample(effect: Effect | Agreement, tables: Tables) -> Sample:
    """Return the effect in those training seeds that all of its terms have.

    Raises
    ------
    Lacking
        Where a term has no values, or the terms no training seed in common.
    """
    if isinstance(effect, Agreement):
        return _of_answers(tables.answers(effect.a), tables.answers(effect.b))
    readings = [(weight, tables.read(term, _rivals(term, effect))) for weight, term in effect.terms]
    seeds = _common(reading for _, reading in readings)
    total = np.zeros(len(seeds))
    influences = []
    for weight, reading in readings:
        values = reading.by_seed.loc[seeds].to_numpy()
        slope = np.full(len(seeds), weight)
        if effect.is_logarithmic:
            if (values <= 0.0).any():
                raise Lacking(
                    en="a value that has no logarithm, as it is not above zero",
                    zh="有不大于零的值，无法取对数",
                )
            slope, values = weight / values, np.log(values)
        total += weight * values
        if len(reading.influence):
            influences.append(reading.influence[seeds] * slope)
    return Sample(by_seed=total, influence=_together(influences))


def _of_answers(a: pd.DataFrame, b: pd.DataFrame) -> Sample:
    """Return kappa by seed; a unit moves it by how much more often than all it is named alike.

    The agreement that chance would give is held for known, as in the usual standard error.
    """
    units, seeds = a.index.intersection(b.index), a.columns.intersection(b.columns).sort_values()
    if not (len(units) and len(seeds)):
        raise Lacking(en="no images answered in both ways", zh="没有以两种方式都作答的图像")
    one, other = (each.loc[units, seeds].to_numpy() for each in (a, b))
    same = one == other
    chance = np.zeros(len(seeds))
    for name in np.unique(one):
        chance += (one == name).mean(axis=0) * (other == name).mean(axis=0)
    found = kappa(same.mean(axis=0), chance)
    if np.isnan(found).any():
        raise Lacking(en="one and the same class is always named", zh="两种方式总是说出同一个类别")
    moved = (same - same.mean(axis=0)) / (1.0 - chance) / len(units)
    return Sample(by_seed=found, influence=moved.mean(axis=1))


def _rivals(term: Term, effect: Effect) -> list[Term]:
    """Return the terms of an effect that ask the same of other models."""
    return [
        other
        for _, other in effect.terms
        if other != term and replace(other, model=term.model) == term
    ]


def _shared(terms: Iterable[Term], sign: float) -> list[tuple[float, Term]]:
    held = list(terms)
    return [(sign / len(held), term) for term in held]


def _common(readings: Iterable[Reading]) -> pd.Index:
    indices = [reading.by_seed.index for reading in readings]
    seeds = indices[0]
    for other in indices[1:]:
        seeds = seeds.intersection(other)
    if not len(seeds):
        raise Lacking(
            en="no training seed that all of its models have", zh="各模型没有共同的训练种子"
        )
    return seeds.sort_values()


def _together(influences: list[pd.DataFrame]) -> np.ndarray:
    """Return how far each unit moves the mean over seeds, all terms together."""
    if not influences:
        return np.zeros(0)
    per_term = [each.mean(axis=1) for each in influences]
    return pd.concat(per_term).groupby(level=0).sum().to_numpy()
