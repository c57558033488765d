"""Two models set against each other: which pairs, and what their paired differences say."""

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from capsprobe.report.measures import datasets_in_order
from capsprobe.report.names import KNOWN_MODELS, in_order, slug
from capsprobe.report.summary import Difference, Forest, Measure, Statement
from capsprobe.stats.summary import Summary as Tables

KEY_PAIRS = (("capsnet", "cnn"), ("capsnet", "senet"), ("capsnet", "capsnet-uniform"))
_REFERENCES = ("cnn", "capsnet")
_MOST = 6


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
    return [
        found
        for pair in pairs
        for measure in measures
        for found in _difference(pair, measure, tables)
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


def _difference(pair: tuple[str, str], measure: Measure, tables: Tables) -> Iterable[Difference]:
    """Yield the difference if there is one; the tables hold each pair one way round."""
    for a, b, sign in ((*pair, 1.0), (*pair[::-1], -1.0)):
        for row in _rows(a, b, measure, tables).to_dict("records"):
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


def _rows(a: str, b: str, measure: Measure, tables: Tables) -> pd.DataFrame:
    table = tables.mean_differences if measure.severity is None else tables.differences
    wanted: Mapping[str, str | float] = {
        "model_a": a,
        "model_b": b,
        "dataset": measure.dataset,
        "condition": measure.condition,
        "metric": measure.metric,
    }
    if measure.severity is not None:
        wanted = {**wanted, "severity": measure.severity}
    chosen = pd.Series(True, index=table.index)
    for column, value in wanted.items():
        chosen &= table[column] == value
    return table[chosen]
