"""What two models' parts mean: effects that more than one claim rests on."""

from capsprobe.claims import quantities as q
from capsprobe.claims.effects import Effect
from capsprobe.claims.terms import Term

_SCORES = ("mig", "sap", "disentanglement", "selectivity")


def _meaning(model: str, null: str) -> list[Term]:
    return [q.factor(model, f"{name}{null}") for name in _SCORES]


def excess(a: str, b: str) -> Effect:
    """Return the mean score above its permuted null, of a less that of b."""
    share = 1.0 / len(_SCORES)
    signs = ((a, "", share), (a, "_null", -share), (b, "", -share), (b, "_null", share))
    return Effect(
        terms=tuple(
            (weight, term) for model, null, weight in signs for term in _meaning(model, null)
        )
    )


def across(a: str, b: str) -> Effect:
    """Return how alike dimensions are in other trainings, above their null, of a less of b."""
    name, null = "matched_correlation", "matched_correlation_null"
    return Effect(
        terms=(
            (1.0, q.matched(a, name)),
            (-1.0, q.matched(a, null)),
            (-1.0, q.matched(b, name)),
            (1.0, q.matched(b, null)),
        )
    )


def deleted(a: str, b: str) -> Effect:
    """Return by how much sooner scores fall in the order of weights than by chance, of a less b."""
    return Effect(
        terms=(
            (1.0, q.deletion(a, "random")),
            (-1.0, q.deletion(a, "own")),
            (-1.0, q.deletion(b, "random")),
            (1.0, q.deletion(b, "own")),
        )
    )
