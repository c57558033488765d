from typing import Any

import pandas as pd

from capsprobe.report.collect import collect
from capsprobe.report.exports import summaries_of
from capsprobe.report.sections import Kept
from capsprobe.report.summary import Summary
from tests.report import recorded


def test_summary_names_what_was_run(summary: Summary) -> None:
    assert (summary.title, summary.dataset, summary.n_images) == (
        "Robustness on digits",
        "digits",
        24,
    )
    assert summary.models == ("capsnet", "cnn", "senet", "capsnet-uniform")
    assert summary.training_seeds == (0, 1, 2)
    assert not summary.partial


def test_every_probe_and_dataset_has_its_part(summary: Summary) -> None:
    parts = {probe.name: [part.dataset for part in probe.parts] for probe in summary.probes}
    assert parts == {
        "affine": ["digits", "digits-placed"],
        "adversarial": ["digits"],
        "overlap": ["digits-placed", "digits-pairs"],
    }


def test_every_key_comparison_is_stated_for_every_probe(summary: Summary) -> None:
    stated = {(each.probe, each.b) for each in summary.statements}
    assert stated == {
        (probe, other)
        for probe in ("affine", "adversarial", "overlap")
        for other in ("cnn", "senet", "capsnet-uniform")
    }
    assert {each.a for each in summary.statements} == {"capsnet"}


def test_mean_is_taken_only_where_there_is_a_clean_severity(summary: Summary) -> None:
    overlap = summary.probes[2].parts[1]
    assert {row.condition for row in overlap.means.rows} == {"overlap"}
    assert {row.condition for row in overlap.estimates.rows} == {"overlap", "multimnist"}


def test_every_figure_has_a_name_of_its_own(summary: Summary) -> None:
    names = [
        panel.name for probe in summary.probes for part in probe.parts for panel in part.panels
    ]
    names += [forest.name for forest in summary.forests]
    assert len(set(names)) == len(names) == 26


def test_run_with_nothing_measured_still_has_a_summary() -> None:
    observations, samples, run = recorded.run(seeds=(0,), images=4)
    cells = [cell | {"state": "failed", "cause": "x"} for cell in run["cells"]]
    empty = observations.head(0)
    kept = Kept(samples=samples.head(0))
    summary = collect(summaries_of(empty, run), kept, {**run, "cells": cells})
    assert summary.partial
    assert [probe.parts for probe in summary.probes] == [(), (), ()]
    assert "failed" in [each.kind for each in summary.cautions]


def test_record_without_any_facts_is_borne() -> None:
    observations, _, _ = recorded.run(seeds=(0,), images=4)
    affine = observations[observations["probe"] == "affine"]
    facts: dict[str, Any] = {}
    summary = collect(summaries_of(affine, facts), Kept(samples=pd.DataFrame()), facts)
    assert [probe.name for probe in summary.probes] == ["affine"]
    assert summary.provenance.n_cells == 0
