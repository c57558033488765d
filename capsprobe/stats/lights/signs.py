"""Each light: what it looks at, and the bound that is fixed before any result is known.

The signs are those of Carlini et al. (2019), Athalye et al. (2018), Croce and Hein (2020) and
Zimmermann et al. (2022).
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from capsprobe.stats.lights.evidence import Evidence, Standing

State = Literal["passed", "failed", "not checked"]
# Half a percentage point; of fewer than 200 images one is more than that, and one is allowed.
SLACK = 0.005
# Below this the steps of our attacks are nothing: the floor that they have for a gradient.
LEAST_GRADIENT = 1e-30
# What part of the images may lack a gradient, or have scores at a bound.
MOST_LACKING = 0.05
# What two passes may differ by: less than the lead that an attack's success must have.
MOST_DIFFERENCE = 1e-5
MOST_MISSED = 0.05
# A planted head that random perturbations cross more often asks nothing of an attack.
MOST_BY_CHANCE = 0.5


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """A light: what was measured, the bound that it is held to, and whether it keeps to it.

    `beside` and `severity` say where it was worst, if at one place. Without a value nothing was
    checked.
    """

    state: State
    value: float | None = None
    threshold: float | None = None
    n_units: int = 0
    beside: str = ""
    severity: float | None = None


Light = Callable[[Evidence], Verdict]
# The name of what stands beside, who stands after the stronger, who after the weaker.
Pair = tuple[str, Standing, Standing]
_UNCHECKED = Verdict(state="not checked")


def slack(images: int) -> float:
    """Return by how much an accuracy over so many images may be off: 0.5 pp, or one image."""
    return max(SLACK, 1.0 / images)


def monotone(seen: Evidence) -> Verdict:
    """Judge by how much more a larger epsilon, attacked afresh, ever left standing."""
    curve = _trial(seen, "pgd")
    if curve.shape[1] < 2:
        return _UNCHECKED
    severities = [0.0, *_shared(curve, curve)]
    rises = [
        _at_most(float(rise), slack(len(curve)), len(curve), severity=severity)
        for severity, rise in zip(severities[1:], np.diff(curve[severities].mean()), strict=True)
    ]
    return max(rises, key=_excess)


def reaches_zero(seen: Evidence) -> Verdict:
    """Judge what stands where any image is in reach."""
    curve = _trial(seen, "pgd")
    if curve.empty:
        return _UNCHECKED
    last = curve.columns.max()
    return _at_most(float(curve[last].mean()), 0.0, len(curve), severity=float(last))


def iterative(seen: Evidence) -> Verdict:
    """Judge by how much a single step does more than many."""
    return _beside(
        [
            ("step", _trial(seen, "pgd"), _trial(seen, "step")),
            ("fgsm", seen.white_box, seen.attacks.get("fgsm", _NOTHING)),
        ]
    )


def black_box(seen: Evidence) -> Verdict:
    """Judge by how much a search without gradients does more than one with them.

    That of the adversarial probe works on what those with gradients left.
    """
    return _beside(
        [
            ("square", _trial(seen, "pgd"), _trial(seen, "square")),
            ("square", seen.white_box, seen.attacks.get("square", _NOTHING)),
        ]
    )


def transfer(seen: Evidence) -> Verdict:
    """Judge by how much images made for another model do more than those made for this one."""
    return _beside(
        (name, white, _joint(white, table))
        for name, table in seen.sources.items()
        for white in (seen.white_box,)
    )


def effort(seen: Evidence) -> Verdict:
    """Judge by how much twice the steps and restarts do more."""
    return _beside([("double", _trial(seen, "pgd"), _trial(seen, "double"))])


def noise(seen: Evidence) -> Verdict:
    """Judge whether random perturbations do as much as the attack, where images are left to break.

    At no epsilon may they do more, and at one at least the attack must do more. Where it breaks no
    more than an image or 0.5 pp, and they do not either, there is nothing to compare.
    """
    attacked, shaken = (_trial(seen, name) for name in ("pgd", "noise"))
    # Where any image is in reach, noise breaks most of them too.
    last = max(_shared(attacked, attacked), default=0.0)
    shared = [severity for severity in _shared(attacked, shaken) if severity < last]
    worst = _beside([("noise", attacked[shared], shaken[shared])])
    if worst.state != "passed" or _does_more(attacked[shared], shaken[shared]):
        return worst
    broken = float((attacked[0.0].mean() - attacked[shared].mean()).max())
    if broken <= slack(len(attacked)):
        return _UNCHECKED
    return replace(worst, state="failed")


def gradient(seen: Evidence) -> Verdict:
    """Judge which part of the images has no gradient to follow."""
    return _lacking(seen.offered.get("gradient_norm", _NO_VALUES) < LEAST_GRADIENT)


def unbounded(seen: Evidence) -> Verdict:
    """Judge which part of the images has scores at a bound."""
    return _lacking(seen.offered.get("at_bound", _NO_VALUES) > 0.0)


def repeatable(seen: Evidence) -> Verdict:
    """Judge by how much two passes of one image ever differ."""
    found = seen.offered.get("pass_difference", _NO_VALUES)
    if found.empty:
        return _UNCHECKED
    return _at_most(float(found.max()), MOST_DIFFERENCE, len(found))


def active(seen: Evidence) -> Verdict:
    """Judge which part the attack misses of the adversarial examples known to be there.

    Nothing is asked of it where none could be planted, or where chance finds most.
    """
    found = seen.planted.get("planted_found", _NO_VALUES)
    by_chance = seen.planted.get("planted_by_chance", _NO_VALUES)
    if found.empty or by_chance.mean() > MOST_BY_CHANCE:
        return _UNCHECKED
    allowed = max(MOST_MISSED, 1.0 / len(found))
    return _at_most(float(1.0 - found.mean()), allowed, len(found))


LIGHTS: dict[str, Light] = {
    "monotone": monotone,
    "reaches-zero": reaches_zero,
    "iterative": iterative,
    "black-box": black_box,
    "transfer": transfer,
    "effort": effort,
    "noise": noise,
    "gradient": gradient,
    "unbounded": unbounded,
    "repeatable": repeatable,
    "active": active,
}
"""All lights, in the order in which they are shown."""


def _trial(seen: Evidence, name: str) -> Standing:
    return seen.trials.get(name, _NOTHING)


def _does_more(attacked: Standing, shaken: Standing) -> bool:
    """Return whether at any epsilon fewer stand after the one than after the other."""
    return bool((attacked.mean() < shaken.mean()).any())


def _beside(pairs: Iterable[Pair]) -> Verdict:
    """Return the worst of all severities of all pairs: where the weaker did most more."""
    found = [each for pair in pairs for each in _gaps(pair)]
    if not found:
        return _UNCHECKED
    return max(found, key=_excess)


def _excess(each: Verdict) -> float:
    return (each.value or 0.0) - (each.threshold or 0.0)


def _gaps(pair: Pair) -> Iterator[Verdict]:
    """Yield for each severity that both have how much less stands after the weaker."""
    name, strong, weak = pair
    units = strong.index.intersection(weak.index)
    shared = _shared(strong, weak) if len(units) else []
    # Arrays, for there are hundreds of gaps, and a column out of a table is slow to take.
    both = [table.loc[units, shared].to_numpy(dtype=np.float64) for table in (strong, weak)]
    for severity, strongly, weakly in zip(shared, *(each.T for each in both), strict=True):
        strongly, weakly = (each[~np.isnan(each)] for each in (strongly, weakly))
        if len(strongly) > 0 and len(strongly) == len(weakly):
            gap = float(strongly.mean() - weakly.mean())
            yield _at_most(gap, slack(len(strongly)), len(strongly), beside=name, severity=severity)


def _shared(strong: Standing, weak: Standing) -> list[float]:
    """Return the severities that both have, in rising order, clean apart."""
    held = strong.columns.intersection(weak.columns).to_numpy(dtype=np.float64)
    return [severity for severity in sorted(held.tolist()) if severity > 0.0]


def _joint(white: Standing, source: Standing) -> Standing:
    """Return who stands on another's images and was right when clean: the rest fell before."""
    units = white.index.intersection(source.index)
    if 0.0 not in white.columns:
        return source
    return source.loc[units].mul(white.loc[units, 0.0], axis=0)


def _lacking(lacks: "pd.Series[bool]") -> Verdict:
    if lacks.empty:
        return _UNCHECKED
    return _at_most(float(lacks.mean()), MOST_LACKING, len(lacks))


def _at_most(
    value: float, threshold: float, images: int, *, beside: str = "", severity: float | None = None
) -> Verdict:
    # An image is a step of 1/n: what is equal but for rounding is equal.
    kept = value <= threshold + 1e-9
    return Verdict(
        state="passed" if kept else "failed",
        value=value,
        threshold=threshold,
        n_units=images,
        beside=beside,
        severity=severity,
    )


_NOTHING = pd.DataFrame()
_NO_VALUES = pd.Series(dtype="float64")
