"""Which numbers stand for a probe in the overview, and which conditions get a figure.

Fixed here, before any result is known, so that no headline is picked for what it says.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from capsprobe.report.summary import Measure

_SWEEPS = ("rotation", "translation", "scale", "shear")
# Which of the usual metrics are fractions that a figure should show, in this order.
DRAWN_METRICS = ("correct", "exact_match", "almost", "recall", "detected", "undetected_success")
_MOST_HEADLINES = 8
BASELINES = {"corruption": "cnn"}
"""The model beside whose errors a probe puts those of all."""


@dataclass(frozen=True, kw_only=True)
class Headline:
    """A condition and metric; at the severity nearest to `severity`, or None for the mean.

    `view` is the ending of the datasets that it is for, None for all.
    """

    condition: str
    metric: str = "correct"
    severity: float | None = None
    view: str | None = None


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What a section is about: a dataset, and which conditions and models it shows in which order.

    `most` is the number of rows that its tables may have on the page.
    """

    probe: str
    dataset: str
    conditions: tuple[str, ...]
    units: Mapping[str, str]
    models: tuple[str, ...]
    most: int = 250


_HEADLINES = {
    "affine": (
        *(Headline(condition=axis, view="single") for axis in _SWEEPS),
        Headline(condition="affnist", severity=1.0),
    ),
    "spatial": (
        Headline(condition="spatial/worst-of-10", severity=1.0),
        Headline(condition="spatial/grid", severity=1.0),
    ),
    "adversarial": (
        # Two of each: one alone would be a choice of where a difference shows.
        Headline(condition="linf/worst", severity=0.05),
        Headline(condition="linf/worst", severity=0.1),
        Headline(condition="l2/worst", severity=1.0),
        Headline(condition="l2/worst", severity=1.5),
    ),
    "overlap": (
        Headline(condition="multimnist", metric="exact_match", severity=4.0),
        Headline(condition="overlap", metric="exact_match"),
    ),
    # Fifteen kinds would drown the others; its numbers stand beside those of a baseline.
    "corruption": (),
    # Their questions are not which model scores more.
    "transfer": (),
    "output-maps": (),
    "strength": (),
    "detection": (),
    "routing": (),
    "gate": (),
    # They have numbers of their own at a glance.
    **dict.fromkeys(
        (
            "relations",
            "factors",
            "traversal",
            "alignment",
            "confidence",
            "deletion",
            "specificity",
            "cost",
        ),
        (),
    ),
}


def view_of(dataset: str) -> str:
    """Return the view that a dataset's name ends with: `placed`, `pairs`, or else `single`."""
    ending = dataset.rpartition("-")[2]
    return ending if ending in ("placed", "pairs") else "single"


def headlines(probe: str, estimates: pd.DataFrame, units: Mapping[str, str]) -> tuple[Measure, ...]:
    """Return the measures that stand for a probe, for each dataset in turn, each once.

    A probe that is not ours is represented by the means of its first sweeps.
    """
    found = [
        Measure(
            probe=probe,
            dataset=dataset,
            condition=headline.condition,
            metric=headline.metric,
            severity=severity,
            unit=units.get(headline.condition, ""),
        )
        for dataset in datasets_in_order(estimates["dataset"].unique())
        for headline in (_HEADLINES[probe] if probe in _HEADLINES else _generic(estimates))
        if _is_for(headline, dataset, estimates)
        for severity in _severities(headline, dataset, estimates)
    ]
    return tuple(dict.fromkeys(found))


def is_main(condition: str) -> bool:
    """Return whether a condition is one of the named tests, not one output map of an attack."""
    return condition.count("/") < 2


def units_of(probe: Mapping[str, Any]) -> dict[str, str]:
    """Return each condition's unit as the probe declares it."""
    return {str(each["name"]): str(each.get("unit", "")) for each in probe.get("conditions", ())}


def datasets_in_order(datasets: Iterable[str]) -> list[str]:
    """Return datasets by the alphabet; plain ones come before their views."""
    order = {"single": 0, "placed": 1, "pairs": 2}
    return sorted(set(map(str, datasets)), key=lambda name: (order[view_of(name)], name))


def conditions_in_order(probe: Mapping[str, Any], found: Iterable[str]) -> list[str]:
    """Return conditions as the probe declares them, the worst case first, then unknown ones."""
    declared = [str(each["name"]) for each in probe.get("conditions", ())]
    place = {name: index for index, name in enumerate(declared)}

    def key(name: str) -> tuple[str | int, ...]:
        part = name.partition("/")[0]
        first = min(
            (i for n, i in place.items() if n.partition("/")[0] == part), default=len(place)
        )
        return first, not name.endswith("/worst"), place.get(name, len(place)), name

    return sorted(set(map(str, found)), key=key)


def span(column: pd.Series) -> tuple[int, int]:
    """Return the least and the largest whole number of a column, zeros for an empty one."""
    return (int(column.min()), int(column.max())) if len(column) else (0, 0)


def _generic(estimates: pd.DataFrame) -> Sequence[Headline]:
    pairs = estimates[["condition", "metric"]].drop_duplicates().itertuples(index=False)
    kept = [pair for pair in pairs if is_main(str(pair.condition))][:_MOST_HEADLINES]
    return [Headline(condition=str(pair.condition), metric=str(pair.metric)) for pair in kept]


def _is_for(headline: Headline, dataset: str, estimates: pd.DataFrame) -> bool:
    if headline.view is None or view_of(dataset) == headline.view:
        return True
    # A run of placed networks alone has nothing better to show.
    views = {view_of(name) for name in estimates["dataset"].unique()}
    return headline.view not in views


def _severities(headline: Headline, dataset: str, estimates: pd.DataFrame) -> list[float | None]:
    rows = estimates[
        (estimates["dataset"] == dataset)
        & (estimates["condition"] == headline.condition)
        & (estimates["metric"] == headline.metric)
        & (estimates["severity"] != 0.0)
    ]
    if rows.empty:
        return []
    if headline.severity is None:
        return [None]
    wanted = headline.severity
    return [min(rows["severity"].unique(), key=lambda each: (abs(each - wanted), each))]
