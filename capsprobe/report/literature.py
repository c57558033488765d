"""Published numbers to stand beside ours, and how the published tests differ from ours."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from capsprobe.report.measures import datasets_in_order, view_of
from capsprobe.report.names import in_order
from capsprobe.report.summary import Benchmark, Beside, CleanRow
from capsprobe.stats.summary import Summary as Tables

SABOUR = "Sabour et al. 2017"
GU = "Gu and Tresp 2020"
PORT = "XifengGuo's PyTorch port (chosen on the test images)"
EFFICIENT = "Efficient-CapsNet, 160 K parameters"
SMALL = "a small public reproduction, one seed"
UNNAMED = "a published curve, its source not recorded"


@dataclass(frozen=True, kw_only=True)
class Published:
    """A test from the literature: what of ours is comparable, and what others got.

    `metric` says what `rows` and ours are shown as: "accuracy" or "error", as fractions.
    `differs` names sentences of the page that say how the tests differ.
    """

    key: str
    probe: str
    condition: str = ""
    measured: str = "correct"
    severities: tuple[float, ...] = ()
    view: str = "single"
    metric: str = "accuracy"
    differs: tuple[str, ...]
    rows: tuple[Beside, ...]


def _row(
    model: str, percent: float, source: str, note: str = "", severity: float | None = None
) -> Beside:
    return Beside(model=model, value=percent / 100.0, source=source, note=note, severity=severity)


CLEAN = Published(
    key="mnist",
    probe="clean",
    metric="error",
    differs=("data", "size", "chosen"),
    rows=(
        _row("CNN, 35.4 M parameters", 0.39, SABOUR),
        _row("CapsNet, 1 iteration", 0.34, SABOUR),
        _row("CapsNet, 1 iteration, decoder", 0.29, SABOUR),
        _row("CapsNet, 3 iterations", 0.35, SABOUR),
        _row("CapsNet, 3 iterations, decoder", 0.25, SABOUR),
        _row("CapsNet, 1 iteration", 0.36, PORT),
        _row("CapsNet, 3 iterations", 0.34, PORT),
        _row("Efficient-CapsNet", 0.26, EFFICIENT),
    ),
)
PROBES = (
    Published(
        key="affnist",
        probe="affine",
        condition="affnist",
        severities=(1.0,),
        view="placed",
        differs=("data", "affnist", "matched", "size"),
        rows=(
            _row("CNN", 66.0, SABOUR, "matched at 99.2 % clean"),
            _row("CapsNet", 79.0, SABOUR, "matched at 99.2 % clean"),
            _row("Aff-CapsNet, shared transforms, no routing", 93.2, GU),
            _row("CapsNet, 135 K parameters", 85.5, SMALL, "affNIST-style images"),
            _row("CNN, 169 K parameters", 87.5, SMALL, "affNIST-style images"),
        ),
    ),
    Published(
        key="fgsm",
        probe="adversarial",
        condition="linf/fgsm",
        severities=(10 / 255, 25 / 255, 50 / 255),
        differs=("data", "fgsm", "size"),
        rows=tuple(
            _row(model, percent, UNNAMED, f"{level} of 255", level / 255)
            for level, cnn, caps in ((10, 96.6, 94.2), (25, 88.3, 81.2), (50, 52.9, 72.1))
            for model, percent in (("CNN", cnn), ("CapsNet", caps))
        ),
    ),
    Published(
        key="multimnist",
        probe="overlap",
        condition="multimnist",
        measured="exact_match",
        severities=(4.0,),
        view="pairs",
        metric="error",
        differs=("data", "multimnist", "size"),
        rows=(
            _row("CNN, 24.6 M parameters", 8.1, SABOUR),
            _row("CapsNet, 1 iteration, 11.4 M parameters", 7.5, SABOUR),
            _row("CapsNet, 3 iterations, 11.4 M parameters", 5.2, SABOUR),
        ),
    ),
)
FARTHEST = 0.02
"""How far our severity may be from a published one."""


def clean_benchmarks(rows: Sequence[CleanRow]) -> tuple[Benchmark, ...]:
    """Return the clean errors of networks of single digits beside the published ones."""
    ours = tuple(
        Beside(
            model=row.model,
            value=1.0 - row.accuracy,
            source="",
            note="95 % interval" if len(row.seeds) == 1 else "worst and best seed",
            dataset=row.dataset,
            lower=1.0 - row.highest,
            upper=1.0 - row.lowest,
        )
        for row in rows
        if view_of(row.dataset) == "single"
    )
    return (_benchmark(CLEAN, ours),) if ours else ()


def benchmarks(probe: str, tables: Tables, models: Sequence[str]) -> tuple[Benchmark, ...]:
    """Return the published tests that a probe repeats, ours beside them."""
    found = []
    for published in PROBES:
        ours = tuple(_ours(published, tables.estimates, models))
        if published.probe == probe and ours:
            found.append(_benchmark(published, ours))
    return tuple(found)


def _benchmark(published: Published, ours: tuple[Beside, ...]) -> Benchmark:
    return Benchmark(
        key=published.key,
        metric=published.metric,
        differs=published.differs,
        rows=published.rows + ours,
    )


def _ours(published: Published, estimates: pd.DataFrame, models: Sequence[str]) -> Iterator[Beside]:
    rows = estimates[
        (estimates["condition"] == published.condition)
        & (estimates["metric"] == published.measured)
        & (estimates["severity"] != 0.0)
        & estimates["model"].isin(models)
    ]
    datasets = datasets_in_order(rows["dataset"].unique())
    for dataset in sorted(datasets, key=lambda name: view_of(name) != published.view):
        held = rows[rows["dataset"] == dataset]
        for wanted in published.severities:
            apart = (held["severity"] - wanted).abs()
            near = held[(apart == apart.min()) & (apart <= FARTHEST)]
            by_model = {str(row["model"]): row for row in near.to_dict("records")}
            for model in in_order(by_model):
                yield _beside(published, dataset, by_model[model])


def _beside(published: Published, dataset: str, row: Mapping) -> Beside:
    ends = float(row["lower"]), float(row["upper"])
    value = float(row["estimate"])
    if published.metric == "error":
        value, ends = 1.0 - value, (1.0 - ends[1], 1.0 - ends[0])
    return Beside(
        model=str(row["model"]),
        value=value,
        source="",
        note="" if view_of(dataset) == published.view else "not trained for it",
        dataset=dataset,
        severity=float(row["severity"]),
        lower=ends[0],
        upper=ends[1],
    )
