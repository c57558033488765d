"""Numbers of verdicts as text, the same digits in every language."""

from math import exp, inf, isfinite, log

from capsprobe.claims.base import Scale
from capsprobe.claims.text import Language, Text
from capsprobe.report.page import MINUS

_UNITS = {
    "points": Text(en=" pp", zh=" 个百分点"),
    "bits": Text(en=" bit", zh=" 比特"),
}
# What no quotient of times or sizes reaches; beyond it figures say nothing.
_HUGE = log(1000.0)
_LARGEST: dict[Scale, float] = {"points": 1.0, "ratio": _HUGE, "bits": inf}


def possible(value: float, scale: Scale) -> bool:
    """Return whether an effect could be so large: accuracies differ by 100 points at most.

    A correlation or an index, from -1 to 1, differs by two at most.
    """
    return isfinite(value) and abs(value) <= _LARGEST.get(scale, 2.0)


def effect(value: float, scale: Scale, language: Language) -> str:
    """Return an effect with its unit: points with a sign, a ratio with a cross."""
    unit = _UNITS[scale][language] if scale in _UNITS else ""
    return f"{bare(value, scale)}{unit}"


def bare(value: float, scale: Scale) -> str:
    """Return an effect without its unit."""
    if not isfinite(value):
        return {inf: "∞", -inf: "0" if scale == "ratio" else f"{MINUS}∞"}.get(value, "–")
    if scale == "ratio":
        return f"×{exp(value):.2f}" if value < _HUGE else f">×{exp(_HUGE):.0f}"
    shown, digits = (100.0 * value, 1) if scale == "points" else (value, 3)
    text = f"{shown:+.{digits}f}"
    return (text if float(text) else text[1:]).replace("-", MINUS)


def probability(value: float) -> str:
    """Return a p-value as in `= 0.012` or `< 0.001`."""
    return "< 0.001" if value < 0.001 else f"= {value:.3f}"
