"""The models as they left training: accuracy, parameters, seeds, from the checkpoints' entries."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from capsprobe.report.measures import datasets_in_order
from capsprobe.report.names import in_order, visible
from capsprobe.report.summary import CleanRow
from capsprobe.stats.intervals import wilson

MOST_APART = 0.005


def clean_rows(checkpoints: Iterable[Mapping[str, Any]]) -> tuple[CleanRow, ...]:
    """Return a row for each dataset and model.

    With one training seed `lowest` and `highest` are Wilson's interval over the test images;
    with several, the worst and the best seed.
    """
    grouped: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for entry in checkpoints:
        grouped.setdefault((str(entry["dataset"]), str(entry["model"])), []).append(entry)
    return tuple(
        _row(model, dataset, grouped[dataset, model])
        for dataset in datasets_in_order(dataset for dataset, _ in grouped)
        for model in in_order(model for held, model in grouped if held == dataset)
    )


def unequal(
    rows: Sequence[CleanRow], pairs: Sequence[tuple[str, str]]
) -> list[tuple[CleanRow, CleanRow]]:
    """Return the compared models of one dataset that differ by more than half a point."""
    place = {(row.dataset, row.model): row for row in rows}
    found = [
        (place[dataset, a], place[dataset, b])
        for dataset in dict.fromkeys(row.dataset for row in rows)
        for a, b in pairs
        if (dataset, a) in place and (dataset, b) in place
    ]
    # A rounding error must not decide at the border itself.
    return [(a, b) for a, b in found if abs(a.accuracy - b.accuracy) > MOST_APART + 1e-9]


def _row(model: str, dataset: str, entries: Sequence[Mapping[str, Any]]) -> CleanRow:
    accuracies = [float(entry["test_accuracy"]) for entry in entries]
    n_test = min(int(entry["n_test"]) for entry in entries)
    lowest, highest = min(accuracies), max(accuracies)
    if len(entries) == 1 and n_test > 0:
        hits = np.array([round(accuracies[0] * n_test)])
        lowest, highest = (float(end[0]) for end in wilson(hits, np.array([n_test])))
    return CleanRow(
        model=model,
        dataset=dataset,
        parameters=int(entries[0]["parameters"]),
        seeds=tuple(sorted(int(entry["seed"]) for entry in entries)),
        accuracy=float(np.mean(accuracies)),
        lowest=lowest,
        highest=highest,
        n_test=n_test,
        epochs=int(entries[0].get("epochs", 0)),
        origin=visible(str(entries[0].get("origin", ""))),
    )
