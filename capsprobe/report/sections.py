"""The section of one probe: what is shown of it, network kind by network kind."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import pandas as pd

from capsprobe.report.corruption import pages as corruption
from capsprobe.report.cost import pages as cost
from capsprobe.report.curves import panels
from capsprobe.report.distances import distances
from capsprobe.report.exhibits import Exhibit
from capsprobe.report.grids import estimates_grid, means_grid
from capsprobe.report.interpretability import pages as interpretability
from capsprobe.report.lights import boards
from capsprobe.report.literature import benchmarks
from capsprobe.report.measures import Scope, conditions_in_order, datasets_in_order, units_of
from capsprobe.report.relations import pages as relations
from capsprobe.report.routing import pages as routing
from capsprobe.report.routing.evidence import Evidence
from capsprobe.report.samples import worst_cases
from capsprobe.report.spatial import pages as spatial
from capsprobe.report.summary import Part, ProbePage
from capsprobe.report.transfer import pages as transfer
from capsprobe.stats.lights.table import lights
from capsprobe.stats.summary import Summary as Tables
from capsprobe.tables import COLUMNS, STUDY_COLUMNS, TRACE_COLUMNS

# Where exhibits say it all, a long table is for looking things up.
_ROWS_BESIDE_EXHIBITS = 250


def _no_traces() -> pd.DataFrame:
    return pd.DataFrame(columns=[*STUDY_COLUMNS, *TRACE_COLUMNS])


def _no_observations() -> pd.DataFrame:
    return pd.DataFrame(columns=[*COLUMNS])


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What of a run is shown image by image, beside what was estimated."""

    samples: pd.DataFrame
    traces: pd.DataFrame = field(default_factory=_no_traces)
    observations: pd.DataFrame = field(default_factory=_no_observations)

    @cached_property
    def lights(self) -> pd.DataFrame:
        """Return the lights of all that was asked."""
        return lights(self.observations)

    def of(self, column: str, value: str) -> "Kept":
        """Return what belongs to one probe, or to one dataset."""
        tables = (self.samples, self.traces, self.observations)
        samples, traces, observations = (
            table[table[column] == value] if column in table else table.head(0) for table in tables
        )
        return Kept(samples=samples, traces=traces, observations=observations)


def section(
    name: str, every: Mapping[str, Tables], kept: Kept, run: Mapping[str, Any], scope: Scope
) -> ProbePage:
    """Return what is shown of one of the probes, with the models and rows that `scope` has."""
    tables = every[name]
    facts = run.get("probes", {}).get(name, {})
    seen = kept.of("probe", name)
    scopes = [
        replace(scope, probe=name, dataset=dataset, units=units_of(facts))
        for dataset in datasets_in_order(tables.estimates["dataset"].unique())
    ]
    return ProbePage(
        name=name,
        question=str(facts.get("question", "")),
        parts=tuple(
            _part(each, every, seen.of("dataset", each.dataset), run, kept.lights)
            for each in scopes
        ),
        benchmarks=benchmarks(name, tables, scope.models),
        settings=dict(facts.get("settings", {})),
    )


def _part(
    scope: Scope,
    every: Mapping[str, Tables],
    kept: Kept,
    run: Mapping[str, Any],
    lit: pd.DataFrame,
) -> Part:
    tables = every[scope.probe]
    facts = run.get("probes", {}).get(scope.probe, {})
    classes = int(run.get("data", {}).get("classes", 10))
    estimates, means = (
        table[table["dataset"] == scope.dataset] for table in (tables.estimates, tables.means)
    )
    conditions = conditions_in_order(facts, estimates["condition"].unique())
    scope = replace(scope, conditions=tuple(conditions))
    errors = tables.corruption_errors[tables.corruption_errors["dataset"] == scope.dataset]
    evidence = Evidence(
        scope=scope,
        estimates=estimates,
        observations=kept.observations,
        traces=kept.traces,
        classes=classes,
        errors=errors,
        lights=lit[lit["dataset"] == scope.dataset],
        elsewhere={
            name: held.estimates[held.estimates["dataset"] == scope.dataset]
            for name, held in every.items()
        },
    )
    if scope.probe in _EXHIBITED or routing.has_exhibits(scope.probe):
        return _exhibited(evidence, kept)
    return Part(
        dataset=scope.dataset,
        panels=panels(estimates, scope, classes=classes),
        means=means_grid(means[means["condition"].isin(_swept(estimates))], scope),
        estimates=estimates_grid(estimates, scope),
        samples=worst_cases(kept.samples, scope) if len(kept.samples) else (),
        exhibits=distances(estimates, kept.observations, scope),
    )


def _exhibited(evidence: Evidence, kept: Kept) -> Part:
    scope, estimates = evidence.scope, evidence.estimates
    shorter = replace(scope, most=min(scope.most, _ROWS_BESIDE_EXHIBITS))
    return Part(
        dataset=scope.dataset,
        panels=(),
        means=means_grid(estimates.head(0), scope),
        estimates=estimates_grid(estimates, shorter),
        samples=worst_cases(kept.samples, scope) if len(kept.samples) else (),
        exhibits=_exhibits(evidence),
    )


def _exhibits(evidence: Evidence) -> tuple[Exhibit, ...]:
    probe = evidence.scope.probe
    if probe in _EXHIBITED:
        return _EXHIBITED[probe](evidence)
    return routing.exhibits(probe, evidence)


# Probes that are told in pictures of their own; those of routing have a room for theirs.
_EXHIBITED = {
    boards.PROBE: boards.exhibits,
    corruption.PROBE: corruption.exhibits,
    cost.PROBE: cost.exhibits,
    relations.PROBE: relations.exhibits,
    **dict.fromkeys(interpretability.PROBES, interpretability.exhibits),
    spatial.PROBE: spatial.exhibits,
    transfer.PROBE: transfer.exhibits,
}


def _swept(estimates: pd.DataFrame) -> set[str]:
    """Return the conditions that have a clean severity; a mean over others has no meaning."""
    return set(estimates.loc[estimates["severity"] == 0.0, "condition"])
