"""Two models set against each other: which pairs, and what their paired differences say."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from capsprobe.report.measures import datasets_in_order
from capsprobe.report.names import KNOWN_MODELS, in_order, slug
from capsprobe.report.summary import Difference, Forest, Measure, Statement
from capsprobe.stats.summary import Summary as Tables

KEY_PAIRS = (("capsnet", "cnn"), ("capsnet", "senet"), ("capsnet", "capsnet-uniform"))
_REFERENCES = ("cnn", "capsnet")
_MOST = 6
_PLACE = ("model_a", "model_b", "dataset", "condition", "metric", "severity")
_Place = tuple[Hashable, ...]
_Row = dict[Hashable, Any]


def key_pairs(models: Iterable[str]) -> list[tuple[str, str]]:
    """Return the pairs of models that sentences are written about, six at most.

    Ours where both are there; then each model of a user against the plain CNN, or else against
    capsnet; without either, the first model against the others.
    """
    names = in_order(models)
    pairs = [pair for pair in KEY_PAIRS if set(pair) <= set(names)]
    reference = next((name for name in _REFERENCES if name in names), None)
    if reference:
        pairs += [(name, reference) for name in names if name not in KNOWN_MODELS]
    if not pairs:
        pairs = [(names[0], other) for other in names[1:]]
    return pairs[:_MOST]


def differences_of(
    pairs: Sequence[tuple[str, str]], measures: Sequence[Measure], tables: Tables
) -> list[Difference]:
    """Return a - b for each pair and measure that the tables hold, in this order."""
    held = _placed(tables.differences) | _placed(tables.mean_differences.assign(severity=None))
    return [
        found
        for pair in pairs
        for measure in measures
        for found in _difference(pair, measure, held)
    ]


def statements(differences: Sequence[Difference]) -> tuple[Statement, ...]:
    """Return one statement for each probe, pair of models and dataset."""
    grouped: dict[tuple[str, str, str, str], list[Difference]] = {}
    for each in differences:
        key = each.measure.probe, each.a, each.b, each.measure.dataset
        grouped.setdefault(key, []).append(each)
    return tuple(
        Statement(probe=probe, dataset=dataset, a=a, b=b, differences=tuple(found))
        for (probe, a, b, dataset), found in grouped.items()
    )


def forests(differences: Sequence[Difference]) -> tuple[Forest, ...]:
    """Return one small figure for each pair, its measures ordered by dataset."""
    pairs = dict.fromkeys((each.a, each.b) for each in differences)
    order = {
        name: place
        for place, name in enumerate(datasets_in_order(d.measure.dataset for d in differences))
    }
    return tuple(
        Forest(
            name=slug(f"difference-{a}-{b}"),
            a=a,
            b=b,
            differences=tuple(
                sorted(
                    (each for each in differences if (each.a, each.b) == (a, b)),
                    key=lambda each: order[each.measure.dataset],
                )
            ),
        )
        for a, b in pairs
    )


def _difference(
    pair: tuple[str, str], measure: Measure, held: Mapping[_Place, _Row]
) -> Iterable[Difference]:
    """Yield the difference if there is one; the tables hold each pair one way round."""
    where = measure.dataset, measure.condition, measure.metric, measure.severity
    for a, b, sign in ((*pair, 1.0), (*pair[::-1], -1.0)):
        if row := held.get((a, b, *where)):
            ends = sorted((sign * row["lower"], sign * row["upper"]))
            yield Difference(
                a=pair[0],
                b=pair[1],
                measure=measure,
                estimate=sign * row["estimate"],
                lower=ends[0],
                upper=ends[1],
                n_seeds=row["n_seeds"],
                n_units=row["n_units"],
            )


def _placed(table: pd.DataFrame) -> dict[_Place, _Row]:
    """Return the rows by what is compared; a mean over severities has none."""
    return {tuple(row[name] for name in _PLACE): row for row in table.to_dict("records")}
