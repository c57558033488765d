"""Which attacks a budget runs, in words too: what each is, and what a smaller budget leaves out."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from capsprobe.attacks.base import Attack, attacks
from capsprobe.attacks.budgets import BUDGETS, MAPS, Budget, affords
from capsprobe.attacks.campaign import WORST
from capsprobe.attacks.nearest import MinimumNorm
from capsprobe.attacks.norms import Norm
from capsprobe.models.base import Network

_AFTER = " On what the attacks before it left standing, all counted."
_NEAREST = " Run once, for the nearest image that errs."
_MAPS = " The worst over output maps."


def kinds(norm: Norm) -> dict[str, type[Attack]]:
    """Return the registered attacks of a norm by their names within it: `pgd-l2` is `l2/pgd`."""
    found = {name: attacks[name] for name in attacks}
    return {
        name.removesuffix(f"-{norm}"): kind for name, kind in found.items() if kind.norm == norm
    }


def within(norm: Norm, budget: Budget, settings: Mapping[str, Any]) -> dict[str, Attack]:
    """Return the attacks of a norm that a budget holds; `settings` come before the budget's.

    Each attack takes those that it has.
    """
    return {
        label: kind.within(budget, **_taken(kind, settings))
        for label, kind in kinds(norm).items()
        if affords(budget, kind.budget)
    }


def applicable(
    chosen: Mapping[str, Attack], network: Network
) -> tuple[dict[str, Attack], tuple[tuple[str, str], ...]]:
    """Return the attacks that a network has what it takes for; of the others what it lacks."""
    lacking = {name: attack.lacks(network) for name, attack in chosen.items()}
    fit = {name: attack for name, attack in chosen.items() if not lacking[name]}
    return fit, tuple((name, f"no {text}") for name, text in lacking.items() if text)


def seekers(chosen: Mapping[str, Attack]) -> frozenset[str]:
    """Return the attacks that seek the nearest image that errs; also the worst, if there is one."""
    found = {name for name, attack in chosen.items() if isinstance(attack, MinimumNorm)}
    return frozenset(found | {WORST} if found else found)


def described(attack: Attack) -> str:
    """Return what an attack does and spends, in a few sentences."""
    text = (type(attack).__doc__ or attack.name).splitlines()[0]
    spent = ", ".join(f"{value} {name}" for name, value in effort(attack).items())
    return "".join(
        (
            text,
            f" {spent[:1].upper()}{spent[1:]}." if spent else "",
            _NEAREST if isinstance(attack, MinimumNorm) else "",
            _AFTER if attack.follows else "",
            "" if len(attack.made_for) == 1 else _MAPS,
        )
    )


def effort(attack: Attack) -> dict[str, int]:
    """Return how much of what an attack spends: steps, restarts, queries."""
    held = {name: getattr(attack, name) for name in attack.__dataclass_fields__}
    return {
        name: value
        for name, value in held.items()
        if isinstance(value, int) and not isinstance(value, bool)
    }


def forgone(
    norm: Norm, budget: Budget, settings: Mapping[str, Any], maps: Sequence[str]
) -> Iterator[str]:
    """Yield what a budget leaves out of the largest: attacks, output maps, steps and queries."""
    most = BUDGETS[-1]
    ours, theirs = within(norm, budget, settings), within(norm, most, {})
    if missing := [name for name in theirs if name not in ours]:
        yield f"attacks: {', '.join(missing)}"
    if missing := [name for name in MAPS[most] if name not in maps]:
        yield f"output maps: {', '.join(missing)}"
    for name in ours:
        spent, more = effort(ours[name]), effort(theirs[name])
        less = [f"{spent[key]} of {more[key]} {key}" for key in spent if spent[key] < more[key]]
        if less:
            yield f"{name}: {', '.join(less)}"


def _taken(kind: type[Attack], settings: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in settings.items() if name in kind.__dataclass_fields__}
