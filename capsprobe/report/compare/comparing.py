"""From two run folders to one table of changes, and to what of them cannot be compared."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from capsprobe.faults import DataFault, UsageFault
from capsprobe.registry import unknown
from capsprobe.report.measures import headlines, units_of
from capsprobe.report.reading import read_run
from capsprobe.report.summary import Measure
from capsprobe.stats.compared import changes, judged

MARGIN = 0.01
"""The smallest difference of a fraction that matters, unless another is named."""

_HIGHER = ("correct", "exact_match")


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """All changes from a first run to a second, second minus first, and what stands in their way.

    `table` has a row a probe, model, dataset, condition, severity and metric; rows with a verdict
    are the primary ones. `unpaired` are cells of one run alone, `notes` what else differs.
    """

    first: str
    second: str
    table: pd.DataFrame
    measures: dict[int, Measure]
    margin: float
    unpaired: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    runs: tuple[Mapping[str, Any], Mapping[str, Any]] = field(default=({}, {}))

    def of(self, verdict: str) -> pd.DataFrame:
        """Return the rows with a verdict."""
        return self.table[self.table["verdict"] == verdict]


def compare_runs(
    first: Path,
    second: Path,
    *,
    margin: float = MARGIN,
    names: Mapping[str, str] | None = None,
) -> Comparison:
    """Return what changed between two run folders.

    `names` says what models of the first run are called in the second.

    Raises
    ------
    UsageFault
        Where a model is named that its run has not, or a margin is none.
    DataFault
        Where a folder holds no run, or the two have nothing in common.
    """
    if not 0.0 <= margin < 1.0:
        raise UsageFault(f"expected a margin of 0 to 1, got {margin:g}")
    (kept_a, run_a), (kept_b, run_b) = read_run(first), read_run(second)
    _check_names(names or {}, run_a, run_b)
    a, b = kept_a.observations, kept_b.observations
    probes = sorted(set(map(str, a["probe"].unique())) & set(map(str, b["probe"].unique())))
    tables, measures = [], list[Measure]()
    for probe in probes:
        here, there = (each[each["probe"] == probe] for each in (a, b))
        plain = _averaged_metrics(run_a, probe)
        found = changes(_among(here, plain), _among(there, plain), names=names)
        if len(found):
            tables.append(found.assign(probe=probe))
            units = units_of(_probe(run_a, probe))
            measures += headlines(probe, found.dropna(subset="severity"), units)
    if not tables:
        raise DataFault(
            f"expected two runs of the same models, data and probes, got {first.name} and "
            f"{second.name} with nothing in common; --model A=B pairs models of different names"
        )
    table = pd.concat(tables, ignore_index=True)
    place = {row: of for row, of in _placed(table, measures)}
    # No direction is known of other metrics.
    better = table["metric"].isin(_HIGHER).to_numpy().astype(float)
    primary = np.isin(np.arange(len(table)), list(place))
    return Comparison(
        first=first.name,
        second=second.name,
        table=judged(table, margin=margin, primary=primary, better=better),
        measures=place,
        margin=margin,
        unpaired=tuple(_unpaired(run_a, run_b, names or {})),
        notes=tuple(_notes(run_a, run_b)),
        runs=(run_a, run_b),
    )


def _check_names(names: Mapping[str, str], a: Mapping[str, Any], b: Mapping[str, Any]) -> None:
    for name, run in (*((n, a) for n in names), *((n, b) for n in names.values())):
        known = tuple(sorted({str(cell["model"]) for cell in run["cells"]}))
        if name not in known:
            raise UsageFault(f"--model: {unknown('model', name, known)}")


def _probe(run: Mapping[str, Any], probe: str) -> Mapping[str, Any]:
    return run.get("probes", {}).get(probe, {})


def _averaged_metrics(run: Mapping[str, Any], probe: str) -> set[str]:
    """Return the metrics that have means, and by which models may differ."""
    metrics = _probe(run, probe).get("metrics", ())
    return {
        str(each["name"])
        for each in metrics
        if not (each.get("nominal") or each.get("censored") or each.get("null"))
    }


def _among(table: pd.DataFrame, metrics: set[str]) -> pd.DataFrame:
    return table[table["metric"].isin(metrics)]


def _placed(table: pd.DataFrame, measures: Sequence[Measure]) -> Iterator[tuple[int, Measure]]:
    """Yield each row that stands for a measure; one of a sweep is the mean over severities."""
    wanted: dict[tuple[object, ...], Measure] = {
        (of.probe, of.dataset, of.condition, of.metric, _key(of.severity)): of for of in measures
    }
    columns = ["probe", "dataset", "condition", "metric", "severity"]
    for row, values in enumerate(table[columns].itertuples(index=False, name=None)):
        *rest, severity = values
        if of := wanted.get((*map(str, rest), _key(severity))):
            yield row, of


def _key(severity: float | None) -> float | None:
    return None if severity is None or np.isnan(severity) else float(severity)


def _unpaired(
    a: Mapping[str, Any], b: Mapping[str, Any], names: Mapping[str, str]
) -> Iterator[str]:
    """Yield what only one run has finished, cells of a kind together."""
    here = {(names.get(str(cell["model"]), str(cell["model"])), *_rest(cell)) for cell in _done(a)}
    there = {(str(cell["model"]), *_rest(cell)) for cell in _done(b)}
    for alone, where in ((here - there, "first"), (there - here, "second")):
        kinds: dict[tuple[str, str, str], list[int]] = {}
        for model, probe, part, dataset, seed in sorted(alone):
            kinds.setdefault((model, f"{probe}/{part}", dataset), []).append(seed)
        for (model, what, dataset), seeds in kinds.items():
            told = ", ".join(map(str, seeds))
            yield f"{model}, {what} on {dataset}, seed {told}: in the {where} run alone"


def _done(run: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    return (cell for cell in run["cells"] if cell["state"] in ("done", "cached"))


def _rest(cell: Mapping[str, Any]) -> tuple[str, str, str, int]:
    return str(cell["probe"]), str(cell["part"]), str(cell["dataset"]), int(cell["training_seed"])


def _notes(a: Mapping[str, Any], b: Mapping[str, Any]) -> Iterator[str]:
    """Yield what differs between the runs besides their numbers."""
    one, other = a.get("data", {}), b.get("data", {})
    if one.get("sha256") != other.get("sha256"):
        yield (
            f"the images differ: {one.get('n_images')} of {one.get('name')} and "
            f"{other.get('n_images')} of {other.get('name')}; those of one id are paired"
        )
    for name in sorted(set(a.get("probes", {})) & set(b.get("probes", {}))):
        here, there = (_probe(run, name).get("settings", {}) for run in (a, b))
        for key in sorted(here.keys() | there.keys()):
            if here.get(key) != there.get(key):
                yield f"{name}: {key} is {here.get(key)} and {there.get(key)}"
    mine, theirs = a.get("versions", {}), b.get("versions", {})
    for key in sorted(mine.keys() | theirs.keys()):
        if mine.get(key) != theirs.get(key):
            yield f"{key} is {mine.get(key, 'not recorded')} and {theirs.get(key, 'not recorded')}"
    if a.get("device") != b.get("device"):
        yield f"the device is {a.get('device')} and {b.get('device')}"
    yield from _other_weights(a, b)


def _other_weights(a: Mapping[str, Any], b: Mapping[str, Any]) -> Iterator[str]:
    held = [
        {(w["model"], w["dataset"], w["seed"]): w["weights_sha256"] for w in run["checkpoints"]}
        for run in (a, b)
    ]
    both = held[0].keys() & held[1].keys()
    if other := sorted(key for key in both if held[0][key] != held[1][key]):
        shown = ", ".join(f"{model} on {dataset} seed {seed}" for model, dataset, seed in other[:6])
        yield f"weights differ: {shown}{' and more' if len(other) > 6 else ''}"
