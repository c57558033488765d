"""From tables to one summary that holds all numbers of a report."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from capsprobe.report.cautions import cautions
from capsprobe.report.clean import clean_rows
from capsprobe.report.comparisons import differences_of, forests, key_pairs, statements
from capsprobe.report.curves import panels
from capsprobe.report.grids import estimates_grid, means_grid
from capsprobe.report.literature import benchmarks, clean_benchmarks
from capsprobe.report.measures import (
    Scope,
    conditions_in_order,
    datasets_in_order,
    headlines,
    units_of,
)
from capsprobe.report.names import in_order
from capsprobe.report.origins import provenance
from capsprobe.report.samples import worst_cases
from capsprobe.report.summary import Difference, Part, ProbePage, Summary
from capsprobe.stats.summary import Summary as Tables

# More curves cannot be told apart in one figure, nor columns be read in one table.
MOST_MODELS = 8
_ALL_ROWS, _LEAST_ROWS = 1500, 20
_PROBES = ("affine", "adversarial", "overlap")


def collect(tables: Mapping[str, Tables], samples: pd.DataFrame, run: Mapping[str, Any]) -> Summary:
    """Return the summary of a run from each probe's tables, its samples and its record."""
    tables = {name: tables[name] for name in _probes_in_order(tables)}
    models = _models(tables, run)
    shown = models[:MOST_MODELS]
    pairs = key_pairs(models)
    clean = clean_rows(run.get("checkpoints", ()))
    differences = _differences(tables, run, pairs)
    measured = {name for held in tables.values() for name in held.estimates["dataset"].unique()}
    data = run.get("data", {})
    scope = Scope(
        probe="", dataset="", conditions=(), units={}, models=tuple(shown), most=_rows_each(tables)
    )
    return Summary(
        title=str(run.get("title", "Report")),
        dataset=str(data.get("name", "")),
        split=str(data.get("split", "")),
        n_images=int(data.get("n_images", 0)),
        partial=bool(run.get("partial", False)) or _has_gaps(run),
        models=tuple(models),
        shown=tuple(shown),
        training_seeds=tuple(sorted({int(e["seed"]) for e in run.get("checkpoints", ())})),
        cautions=cautions(tables, run, [row for row in clean if row.dataset in measured], pairs),
        statements=statements(differences),
        forests=forests(differences),
        clean=clean,
        clean_benchmarks=clean_benchmarks([row for row in clean if row.model in shown]),
        probes=tuple(_probe(name, held, samples, run, scope) for name, held in tables.items()),
        provenance=provenance(run),
    )


def _probes_in_order(names: Mapping[str, Tables]) -> list[str]:
    known = [name for name in _PROBES if name in names]
    return known + sorted(set(names) - set(_PROBES))


def _models(tables: Mapping[str, Tables], run: Mapping[str, Any]) -> list[str]:
    measured = {str(name) for held in tables.values() for name in held.estimates["model"].unique()}
    # With another routing, a checkpoint stands in the tables under another name.
    trained = {str(e.get("run_as", e["model"])) for e in run.get("checkpoints", ())}
    return in_order(measured | trained)


def _rows_each(tables: Mapping[str, Tables]) -> int:
    """Return how many rows each table may have, so that all together stay a page."""
    parts = sum(held.estimates["dataset"].nunique() for held in tables.values())
    return max(_LEAST_ROWS, _ALL_ROWS // max(parts, 1))


def _swept(estimates: pd.DataFrame) -> set[str]:
    """Return the conditions that have a clean severity; a mean over others has no meaning."""
    return set(estimates.loc[estimates["severity"] == 0.0, "condition"])


def _has_gaps(run: Mapping[str, Any]) -> bool:
    return any(cell.get("state") in ("failed", "missing") for cell in run.get("cells", ()))


def _differences(
    tables: Mapping[str, Tables], run: Mapping[str, Any], pairs: Sequence[tuple[str, str]]
) -> list[Difference]:
    found = []
    for name, held in tables.items():
        units = units_of(run.get("probes", {}).get(name, {}))
        found += differences_of(pairs, headlines(name, held.estimates, units), held)
    return found


def _probe(
    name: str,
    tables: Tables,
    samples: pd.DataFrame,
    run: Mapping[str, Any],
    scope: Scope,
) -> ProbePage:
    facts = run.get("probes", {}).get(name, {})
    seen = samples[samples["probe"] == name] if "probe" in samples else samples.head(0)
    scopes = [
        replace(scope, probe=name, dataset=dataset, units=units_of(facts))
        for dataset in datasets_in_order(tables.estimates["dataset"].unique())
    ]
    return ProbePage(
        name=name,
        question=str(facts.get("question", "")),
        parts=tuple(_part(each, tables, seen, run) for each in scopes),
        benchmarks=benchmarks(name, tables, scope.models),
        settings=dict(facts.get("settings", {})),
    )


def _part(scope: Scope, tables: Tables, samples: pd.DataFrame, run: Mapping[str, Any]) -> Part:
    facts = run.get("probes", {}).get(scope.probe, {})
    estimates, means = (
        table[table["dataset"] == scope.dataset] for table in (tables.estimates, tables.means)
    )
    conditions = conditions_in_order(facts, estimates["condition"].unique())
    scope = replace(scope, conditions=tuple(conditions))
    seen = samples[samples["dataset"] == scope.dataset] if len(samples) else samples
    return Part(
        dataset=scope.dataset,
        panels=panels(estimates, scope, classes=int(run.get("data", {}).get("classes", 10))),
        means=means_grid(means[means["condition"].isin(_swept(estimates))], scope),
        estimates=estimates_grid(estimates, scope),
        samples=worst_cases(seen, scope) if len(seen) else (),
    )
