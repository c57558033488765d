"""A verdict in sentences, made from its numbers."""

from math import isfinite

from capsprobe.claims.findings import Finding, Outcome
from capsprobe.claims.judge import Verdict
from capsprobe.claims.text import Language, Text
from capsprobe.report.verdicts.numbers import bare, effect, possible, probability
from capsprobe.report.verdicts.words import units

_OPENING = {
    "supported": Text(
        en="All {n} hypotheses hold. The least certain: ", zh="{n} 个假设全部成立，最不确定的是："
    ),
    "equivalent": Text(
        en="All {n} hypotheses hold. The least certain: ", zh="{n} 个假设全部成立，最不确定的是："
    ),
    "refuted": Text(en="It fails here: ", zh="在此不成立："),
    "undecided": Text(en="Not decided by these data: ", zh="这些数据不足以判定："),
}
_SHOWN_TO_FAIL = Text(
    en="More data by which one of the numbered hypotheses is shown to fail. The least certain now "
    "is: "
    "{decisive}.",
    zh="有更多数据证明某个带编号的假设不成立。目前最不确定的是：{decisive}。",
)
_CHANGES = {
    "supported": _SHOWN_TO_FAIL,
    "equivalent": _SHOWN_TO_FAIL,
    "refuted": Text(
        en="Other networks or data, on which what fails here is no longer shown to fail: "
        "{decisive}.",
        zh="换用其他网络或数据后，此处不成立的一项不再被证明不成立：{decisive}。",
    ),
    "undecided": Text(
        en="More training seeds, by which all numbered hypotheses are shown to hold or one is "
        "shown to "
        "fail. Nearest to a decision, or least certain, is: {decisive}.",
        zh="更多训练种子，证明带编号的假设全部成立，或某一个不成立。最接近判定或最不确定的是："
        "{decisive}。",
    ),
    "not tested": Text(en="The tables that are missing.", zh="补齐所缺的表。"),
}
_COUNTED: tuple[tuple[Outcome, Text], ...] = (
    ("holds", Text(en="hold", zh="成立")),
    ("fails", Text(en="fail", zh="不成立")),
    ("open", Text(en="open", zh="未定")),
    ("not tested", Text(en="not tested", zh="未检验")),
)


def sentence(verdict: Verdict, language: Language) -> str:
    """Return what was found, in one or two sentences."""
    if verdict.claim.untested is not None:
        text = verdict.claim.untested[language]
        return f"{text[0].upper()}{text[1:]}." if language == "en" else f"{text}。"
    if verdict.decisive is None:
        return _missing(verdict, language)
    opening = _OPENING[verdict.word][language].format(n=len(verdict.primary))
    found = verdict.decisive
    p = probability(verdict.p_adjusted)
    why = f"; {found.doubt[language]}" if found.doubt and language == "en" else ""
    why = f"；{found.doubt[language]}" if found.doubt and language == "zh" else why
    if language == "en":
        return (
            f"{opening}{found.hypothesis.text.en}: {measured(found, language)}; corrected p {p}; "
            f"{counted(found, language)}{why}."
        )
    return (
        f"{opening}{found.hypothesis.text.zh}：{measured(found, language)}；校正后 p {p}；"
        f"{counted(found, language)}{why}。"
    )


def measured(found: Finding, language: Language) -> str:
    """Return estimate, interval and margin."""
    scale = found.hypothesis.scale
    estimate = effect(found.estimate, scale, language)
    margin = bound(found, language)
    if not isfinite(found.lower):
        told = Text(
            en=f"{estimate}, no interval; margin {margin}", zh=f"{estimate}，无区间；界限 {margin}"
        )
        return told[language]
    if language == "en":
        return f"{estimate} ({ends(found, language)}; margin {margin})"
    return f"{estimate}（{ends(found, language)}；界限 {margin}）"


def ends(found: Finding, language: Language) -> str:
    """Return both ends of the interval."""
    scale = found.hypothesis.scale
    between = Text(en=" to ", zh=" 至 ")[language]
    return between.join(bare(end, scale) for end in (found.lower, found.upper))


def bound(found: Finding, language: Language) -> str:
    """Return a hypothesis's margin; both sides where it is to lie within."""
    text = effect(found.hypothesis.margin, found.hypothesis.scale, language)
    return text.replace("+", "±", 1) if found.hypothesis.kind == "within" else text


def counted(found: Finding, language: Language) -> str:
    """Return on how many training seeds and units a finding rests."""
    seeds = found.n_seeds
    if language == "en":
        text = "one training seed" if seeds == 1 else f"{seeds} training seeds"
        return f"{text}, {several(found)} {units(found.unit, 'en')}" if found.unit else text
    text = f"{seeds} 个训练种子"
    return f"{text}、{several(found)} {units(found.unit, 'zh')}" if found.unit else text


def several(found: Finding) -> str:
    """Return the number of units, or the fewest and all where its tables have not as many."""
    if found.n_least == found.n_units:
        return str(found.n_units)
    return f"{found.n_least}–{found.n_units}"


def power(verdict: Verdict, language: Language) -> str:
    """Return the smallest effect that the decisive test could have shown; "" without one."""
    found = verdict.decisive
    if found is None:
        return ""
    reaches = possible(found.detectable, found.hypothesis.scale)
    if found.doubt and not isfinite(found.detectable):
        return Text(en=f"None: {found.doubt.en}.", zh=f"无：{found.doubt.zh}。")[language]
    if found.n_seeds > 1 and not reaches:
        return Text(
            en="With so few training seeds no effect, however large, could have been shown.",
            zh="训练种子太少，再大的效应也无法证明。",
        )[language]
    if not reaches:
        return Text(
            en="With one training seed no effect, however large, could have been shown.",
            zh="只有一个训练种子，再大的效应也无法证明。",
        )[language]
    size = effect(found.detectable, found.hypothesis.scale, language)
    if found.hypothesis.kind == "within":
        if found.detectable == 0.0:
            return Text(
                en="Not even an effect of zero would have been shown to lie within the margin.",
                zh="即使效应为零，也无法证明其在界限以内。",
            )[language]
        return Text(
            en=f"An effect within ±{size.lstrip('+')} of zero would have been shown to lie within "
            f"the "
            "margin four times in five.",
            zh=f"距零不超过 {size.lstrip('+')} 的效应，五次中有四次能证明在界限以内。",
        )[language]
    return Text(
        en=f"An effect of {size} would have been shown to hold four times in five.",
        zh=f"{size}的效应，五次中有四次能证明成立。",
    )[language]


def change(verdict: Verdict, language: Language) -> str:
    """Return what would change the verdict; "" where nothing measured could."""
    if verdict.claim.untested is not None:
        return verdict.claim.takes[language]
    if verdict.decisive is None:
        return _CHANGES["not tested"][language]
    decisive = verdict.decisive.hypothesis.text[language]
    return _CHANGES[verdict.word][language].format(decisive=decisive)


def tally(verdict: Verdict, language: Language) -> str:
    """Return what the deciding hypotheses say, each by itself."""
    numbers = {name: 0 for name, _ in _COUNTED}
    for found in verdict.primary:
        numbers[found.outcome] += 1
    told = [f"{numbers[name]} {text[language]}" for name, text in _COUNTED if numbers[name]]
    if not told:
        return ""
    total = len(verdict.primary)
    if language == "en":
        noun = "hypothesis" if total == 1 else "hypotheses"
        return f"Of {total} {noun}, each by itself: {', '.join(told)}."
    return f"{total} 个假设，逐个看：{'，'.join(told)}。"


def doubts(verdict: Verdict, language: Language) -> tuple[str, ...]:
    """Return why hypotheses were not tested or not concluded from, each reason once."""
    texts = (text for f in verdict.findings for text in (f.lacking, f.doubt) if text)
    return tuple(dict.fromkeys(text[language] for text in texts))


def _missing(verdict: Verdict, language: Language) -> str:
    lacking = [f.lacking for f in verdict.primary if f.lacking]
    first = lacking[0][language] if lacking else ""
    return Text(en=f"Not tested: {first}.", zh=f"未检验：{first}。")[language]
