"""Claims and hypotheses as values. Margins stand here, fixed before any result is read."""

from dataclasses import dataclass
from math import log
from typing import Literal

from capsprobe.claims.effects import Agreement, Effect, Spread
from capsprobe.claims.text import Text
from capsprobe.registry import Registry

Kind = Literal["above", "within"]
Scale = Literal["points", "score", "ratio", "rank", "bits"]

POINT = 0.01
"""One percentage point of accuracy, the smallest difference that matters."""
AUROC = 0.02
SCORE = 0.05
"""Of scores between 0 and 1 that are no accuracies: R^2, MIG, SAP, DCI, areas."""
CORRELATION = 0.1
DEARER = log(1.1)
"""A tenth more time or memory."""


@dataclass(frozen=True, kw_only=True)
class Hypothesis:
    """An effect, and what the article's claim says of it.

    `text` can be read by itself: sentences are made from it.

    `above`: that it is larger than `margin`. `within`: that it is not farther from zero than
    `margin`. A claim rests on its primary hypotheses; the others say more about them. `threats`
    names attacks (`linf`, `l2`) that the effect rests on.
    """

    id: str
    text: Text
    effect: Effect | Agreement | Spread
    margin: float
    scale: Scale
    kind: Kind = "above"
    is_primary: bool = True
    threats: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What the article asserts, in our words, and the hypotheses that decide it.

    Supported where all primary hypotheses are, refuted where one is. `asserts_sameness` names a
    support *equivalent*; `takes` says what support takes. Without hypotheses it is not tested, for
    the reason in `untested`.
    """

    id: str
    title: Text
    assertion: Text
    place: Text
    takes: Text
    literature: Text
    hypotheses: tuple[Hypothesis, ...] = ()
    asserts_sameness: bool = False
    untested: Text | None = None

    @property
    def primary(self) -> tuple[Hypothesis, ...]:
        """Return the hypotheses that decide."""
        return tuple(each for each in self.hypotheses if each.is_primary)


claims: Registry[Claim] = Registry("claim", "capsprobe.claims")

ORDER = (
    "robustness",
    "relations",
    "interpretability",
    "clustering",
    "gate-as-routing",
    "replacement",
    "cost",
    "adoption",
)
"""The article's claims as a reader wants them; others follow by name."""


def in_order() -> tuple[Claim, ...]:
    """Return all claims, the article's first."""
    names = sorted(claims, key=lambda name: (name not in ORDER, name))
    known = [name for name in ORDER if name in names]
    return tuple(claims[name] for name in [*known, *(n for n in names if n not in ORDER)])
