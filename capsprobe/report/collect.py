"""From tables to one summary that holds all numbers of a report."""

from collections.abc import Mapping, Sequence
from typing import Any

from capsprobe.report.cautions import cautions
from capsprobe.report.clean import clean_rows
from capsprobe.report.comparisons import differences_of, forests, key_pairs, statements
from capsprobe.report.lights.boards import doubted
from capsprobe.report.literature import clean_benchmarks
from capsprobe.report.measures import (
    Scope,
    headlines,
    units_of,
)
from capsprobe.report.names import in_order
from capsprobe.report.origins import provenance
from capsprobe.report.reproduction.rows import repeated
from capsprobe.report.sections import Kept, section
from capsprobe.report.summary import Difference, Summary
from capsprobe.stats.summary import Summary as Tables

# More curves cannot be told apart in one figure, nor columns be read in one table.
MOST_MODELS = 8
_ALL_ROWS, _LEAST_ROWS = 1500, 20
_PROBES = (
    "affine",
    "spatial",
    "adversarial",
    "strength",
    "transfer",
    "output-maps",
    "detection",
    "corruption",
    "overlap",
    "routing",
    "gate",
    "relations",
    "factors",
    "traversal",
    "alignment",
    "confidence",
    "deletion",
    "specificity",
    "cost",
)


def collect(tables: Mapping[str, Tables], kept: Kept, run: Mapping[str, Any]) -> Summary:
    """Return the summary of a run from each probe's tables, its images, and its record."""
    tables = {name: tables[name] for name in _probes_in_order(tables)}
    run = {**run, "checkpoints": _asked(run)}
    models = _models(tables, run)
    shown = _measured_first(models, tables)[:MOST_MODELS]
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
        not_shown=doubted(kept.lights),
        cautions=cautions(tables, run, [row for row in clean if row.dataset in measured], pairs),
        statements=statements(differences),
        forests=forests(differences),
        clean=clean,
        clean_benchmarks=clean_benchmarks([row for row in clean if row.model in shown]),
        probes=tuple(section(name, tables, kept, run, scope) for name in tables),
        repeated=repeated(tables),
        provenance=provenance(run),
    )


def _probes_in_order(names: Mapping[str, Tables]) -> list[str]:
    known = [name for name in _PROBES if name in names]
    return known + sorted(set(names) - set(_PROBES))


def _models(tables: Mapping[str, Tables], run: Mapping[str, Any]) -> list[str]:
    measured = {str(name) for held in tables.values() for name in held.estimates["model"].unique()}
    # With another routing, a checkpoint stands in the tables under another name.
    trained = {str(_run_as(entry)[0]) for entry in run.get("checkpoints", ())}
    return in_order(measured | trained)


def _asked(run: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the checkpoints that cells are about; all of them where no cell is recorded."""
    cells, trained = run.get("cells", ()), run.get("checkpoints", ())
    about = {(each["model"], each["dataset"], each["training_seed"]) for each in cells}
    return [entry for entry in trained if not about or _run_as(entry) in about]


def _run_as(entry: Mapping[str, Any]) -> tuple[str, str, int]:
    """Return what a checkpoint is called in cells; with another routing, by another name."""
    return entry.get("run_as", entry["model"]), entry["dataset"], entry["seed"]


def _measured_first(models: Sequence[str], tables: Mapping[str, Tables]) -> list[str]:
    """Return models in their order, those after the others that nothing was asked of."""
    measured = {name for held in tables.values() for name in held.estimates["model"].unique()}
    return sorted(models, key=lambda name: name not in measured)


def _rows_each(tables: Mapping[str, Tables]) -> int:
    """Return how many rows each table may have, so that all together stay a page."""
    parts = sum(held.estimates["dataset"].nunique() for held in tables.values())
    return max(_LEAST_ROWS, _ALL_ROWS // max(parts, 1))


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
