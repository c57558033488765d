"""From summary and figures to the page. Numbers become text here and in the templates alone."""

import json
from collections.abc import Mapping
from math import isinf
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from capsprobe.report import explanations, lexicon, repeats, signs, wording
from capsprobe.report.canvas import swatch
from capsprobe.report.names import shortened, slug, visible
from capsprobe.report.styles import PALETTE, styles
from capsprobe.report.summary import Summary
from capsprobe.report.svg import Drawing

MINUS = "\N{MINUS SIGN}"


def page(summary: Summary, drawings: Mapping[str, Drawing], *, verdicts: str = "") -> str:
    """Return the report as one HTML page that needs nothing but itself.

    `verdicts` is the page of those that were made of these measurements, where there is one.
    """
    looks = styles(summary.models)
    return (
        environment()
        .get_template("report.html.j2")
        .render(
            summary=summary,
            verdicts=verdicts,
            figures={name: Markup(drawing.inline) for name, drawing in drawings.items()},
            swatches={name: Markup(swatch(looks[name])) for name in summary.shown},
            palette=PALETTE,
            words=wording,
            explained=explanations,
            lexicon=lexicon,
            repeats=repeats,
            signs=signs,
        )
    )


def percent(value: float, digits: int = 1) -> str:
    """Return a fraction in percent, without the sign."""
    return f"{100.0 * value:.{digits}f}".replace("-", MINUS).replace("inf", "∞")


def points(value: float) -> str:
    """Return a difference of fractions in percentage points, always with its sign."""
    text = f"{100.0 * value:+.1f}"
    return ("0.0" if text in ("+0.0", "-0.0") else text).replace("-", MINUS)


def quantity(value: float, metric: str) -> str:
    """Return an estimate: a fraction in percent, a coefficient with three decimals, a count whole.

    Anything else has three digits.
    """
    if wording.is_fraction(metric):
        return percent(value)
    if lexicon.is_count(metric):
        return grouped(round(value))
    text = f"{value:.3f}" if lexicon.is_coefficient(metric) else f"{value:.3g}"
    return text.replace("-", MINUS).replace("inf", "∞")


def reported(value: float | None, metric: str) -> str:
    """Return a number that may not have been recorded, or that is beyond all that was found."""
    if value is None:
        return "not recorded"
    if isinf(value):
        return "∞"
    return percent(value) if wording.is_fraction(metric) else f"{value:.2f}"


def grouped(value: int) -> str:
    """Return a whole number with thin spaces between its thousands."""
    return f"{value:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def span(ends: tuple[int, int]) -> str:
    """Return one number, or the least and the largest."""
    return grouped(ends[0]) if ends[0] == ends[1] else f"{grouped(ends[0])}–{grouped(ends[1])}"


def several(count: int | tuple[int, int], one: str, more: str) -> str:
    """Return a number, or a span, with its noun."""
    ends = count if isinstance(count, tuple) else (count, count)
    return f"{span(ends)} {one if ends == (1, 1) else more}"


def duration(seconds: float) -> str:
    """Return a time as a reader would say it."""
    if seconds < 120.0:
        return f"{seconds:.1f} s"
    minutes = seconds / 60.0
    return f"{minutes:.0f} min" if minutes < 120.0 else f"{minutes / 60.0:.1f} h"


def name(text: str) -> Markup:
    """Return a name on one line; where it had to be shortened, the whole one on hover."""
    short = shortened(text)
    if short == text:
        return Markup("<bdi>{}</bdi>").format(text)
    return Markup('<bdi title="{}">{}</bdi>').format(visible(text), short)


def plain(value: Any) -> str:
    """Return a setting as text."""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, list | tuple):
        return ", ".join(plain(each) for each in value)
    return json.dumps(value, ensure_ascii=False)


def listed(parts: list[Markup | str]) -> Markup:
    """Return the parts of an enumeration: "a, b and c"."""
    safe = [escape(part) for part in parts]
    if len(safe) < 2:
        return Markup("").join(safe)
    return Markup(", ").join(safe[:-1]) + Markup(" and ") + safe[-1]


def environment() -> Environment:
    """Return what templates are read and filled with."""
    environment = Environment(
        loader=PackageLoader("capsprobe.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters = (
        percent,
        points,
        quantity,
        reported,
        grouped,
        span,
        several,
        duration,
        name,
        plain,
        listed,
    )
    environment.filters |= {each.__name__: each for each in filters}
    environment.filters |= {"slug": slug, "shortened": shortened, "visible": visible}
    return environment
