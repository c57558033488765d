"""From verdicts to two pages, one a language, and the files beside them."""

from collections.abc import Mapping, Sequence
from math import isfinite
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

from capsprobe.claims.findings import Finding
from capsprobe.claims.judge import Verdict, judge
from capsprobe.claims.pairs import checkpoint_pairs
from capsprobe.claims.text import LANGUAGES, Language, Text
from capsprobe.files import write_text
from capsprobe.report.page import environment
from capsprobe.report.styles import PALETTE
from capsprobe.report.verdicts import sentences, words
from capsprobe.report.verdicts.chapters import Chapter
from capsprobe.report.verdicts.files import write_verdicts
from capsprobe.report.verdicts.numbers import bare, effect, possible, probability
from capsprobe.report.verdicts.strips import draw_strips, drawable

PAGES: Mapping[Language, str] = {"en": "index.html", "zh": "index.zh.html"}


def judged(
    observations: pd.DataFrame, lights: pd.DataFrame, run: Mapping[str, Any]
) -> tuple[Verdict, ...]:
    """Return the verdicts on a run, as its record says who plays which part."""
    data = run.get("data", {})
    return judge(
        observations,
        dataset=str(data.get("name", "")),
        lights=lights,
        checkpoints=run.get("checkpoints", ()),
        roles=run.get("judged", {}).get("roles", {}),
        classes=int(data.get("classes", 10)),
    )


def write_pages(
    folder: Path,
    verdicts: Sequence[Verdict],
    observations: pd.DataFrame,
    run: Mapping[str, Any],
    chapters: Sequence[Chapter],
) -> Path:
    """Write both pages and the files of a judged run; return the English page's path."""
    pairs = checkpoint_pairs(
        observations,
        dataset=str(run.get("data", {}).get("name", "")),
        roles=run.get("judged", {}).get("roles", {}),
    )
    write_verdicts(verdicts, run, folder)
    for language in LANGUAGES:
        text = _page(verdicts, pairs, run, language, chapters)
        write_text(folder / PAGES[language], text)
    return folder / PAGES["en"]


def _page(
    verdicts: Sequence[Verdict],
    pairs: pd.DataFrame,
    run: Mapping[str, Any],
    language: Language,
    chapters: Sequence[Chapter],
) -> str:
    return (
        environment()
        .get_template("verdicts.html.j2")
        .render(
            lang=language,
            other=PAGES["zh" if language == "en" else "en"],
            page=words.PAGE,
            words=words,
            marks=words.MARKS,
            run=run,
            scope=_scope(run, language),
            shown=[_shown(verdict, language) for verdict in verdicts],
            pairs=pairs.to_dict("records"),
            chapters=chapters,
            palette=PALETTE,
        )
    )


def _scope(run: Mapping[str, Any], language: Language) -> str:
    data = run.get("data", {})
    name, images = data.get("name", ""), data.get("n_images", 0)
    checkpoints = len(run.get("checkpoints", ()))
    told = Text(
        en=f"Data: {name}, {images} test images; {checkpoints} trained networks.",
        zh=f"数据：{name}，{images} 幅测试图像；{checkpoints} 个训练好的网络。",
    )[language]
    roles = run.get("judged", {}).get("roles", {})
    if not roles:
        return told
    played = [
        Text(en=f"{model} as {part}", zh=f"{part} 由 {model} 扮演")[language]
        for part, model in sorted(roles.items())
    ]
    parts = Text(en=f" Parts: {', '.join(played)}.", zh=f"角色：{'，'.join(played)}。")
    return told + parts[language]


def _shown(verdict: Verdict, language: Language) -> dict[str, Any]:
    """Return a verdict as the template places it, all in text."""
    claim = verdict.claim
    numbered = _numbered(verdict)
    return {
        "id": claim.id,
        "word": verdict.word,
        "title": claim.title[language],
        "assertion": claim.assertion[language],
        "place": claim.place[language],
        "change": sentences.change(verdict, language),
        "takes": claim.takes[language] if claim.primary else "",
        "literature": claim.literature[language],
        "sentence": sentences.sentence(verdict, language),
        "tally": sentences.tally(verdict, language),
        "power": sentences.power(verdict, language),
        "doubts": sentences.doubts(verdict, language),
        "figure": _figure(verdict, numbered, language),
        "rows": [_row(number, found, language) for number, found in numbered],
    }


def _numbered(verdict: Verdict) -> list[tuple[str, Finding]]:
    """Return the findings, those that decide first and by number, the others by letter."""
    rest = [found for found in verdict.findings if not found.hypothesis.is_primary]
    return [
        *((str(place), found) for place, found in enumerate(verdict.primary, 1)),
        *((_letter(place), found) for place, found in enumerate(rest)),
    ]


def _letter(place: int) -> str:
    return chr(ord("a") + place)


def _figure(
    verdict: Verdict, numbered: Sequence[tuple[str, Finding]], language: Language
) -> Markup | None:
    rows = [(number, found) for number, found in numbered if drawable(found)]
    if not rows:
        return None
    label = "; ".join(f"{number}: {sentences.measured(found, language)}" for number, found in rows)
    return Markup(draw_strips(f"claim-figure-{verdict.claim.id}", rows, label).inline)


def _row(number: str, found: Finding, language: Language) -> dict[str, Any]:
    hypothesis = found.hypothesis
    ends = sentences.ends(found, language)
    return {
        "number": number,
        "text": hypothesis.text[language],
        "is_primary": hypothesis.is_primary,
        "lacking": found.lacking[language] if found.lacking else "",
        "estimate": effect(found.estimate, hypothesis.scale, language),
        "interval": ends if isfinite(found.lower) else "–",
        "margin": sentences.bound(found, language),
        "p_for": probability(found.p_for).removeprefix("= "),
        "p_against": probability(found.p_against).removeprefix("= "),
        "detectable": _detectable(found, language),
        "n_seeds": found.n_seeds,
        "n_units": _units(found, language),
        "outcome": words.OUTCOMES[found.outcome][language],
    }


def _units(found: Finding, language: Language) -> str:
    if not found.unit:
        return "–"
    return f"{sentences.several(found)} {words.units(found.unit, language)}"


def _detectable(found: Finding, language: Language) -> str:
    if not possible(found.detectable, found.hypothesis.scale):
        return "–"
    if found.hypothesis.kind == "within":
        size = bare(found.detectable, found.hypothesis.scale).lstrip("+")
        return f"±{size}" if found.detectable > 0.0 else "–"
    return effect(found.detectable, found.hypothesis.scale, language)
