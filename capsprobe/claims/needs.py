"""Which probes claims need, and of which models."""

from collections.abc import Iterable, Mapping

from capsprobe.claims.base import Claim, Hypothesis
from capsprobe.claims.effects import Spread
from capsprobe.claims.terms import Term

_MANIFESTS = "training"
# What lights are made of, beside the attacks themselves.
_EVIDENCE = ("strength", "transfer")
# Where it is seen whether a model does more than guess.
_SKILL = "affine"


def needs(claims: Iterable[Claim], roles: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Return for each probe the models that claims ask it about, both in alphabetical order.

    With attacks goes what shows that they were strong enough; every model's clean accuracy is
    looked at.
    """
    found: dict[str, set[str]] = {}
    for hypothesis in (each for claim in claims for each in claim.hypotheses):
        for term in _terms(hypothesis):
            for probe in _probes(term):
                found.setdefault(probe, set()).add(roles.get(term.model, term.model))
    return {probe: tuple(sorted(found[probe])) for probe in sorted(found)}


def _terms(hypothesis: Hypothesis) -> tuple[Term, ...]:
    effect = hypothesis.effect
    if isinstance(effect, Spread):
        return effect.a, effect.b
    return tuple(term for _, term in effect.terms)


def _probes(term: Term) -> set[str]:
    asked = {term.probe, _SKILL} - {_MANIFESTS}
    return asked | set(_EVIDENCE) if term.probe == "adversarial" else asked
