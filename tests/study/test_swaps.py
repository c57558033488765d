"""Checkpoints run with another routing than they were trained with."""

from pathlib import Path

import pandas as pd
import pytest
from pydantic import ValidationError

from capsprobe.data.views import load_images
from capsprobe.faults import UsageFault
from capsprobe.models.checkpoints import load_model
from capsprobe.models.inference import score
from capsprobe.models.swapping import swapped
from capsprobe.parts import read_cells
from capsprobe.study import Settings, run_study
from capsprobe.study.record import record
from capsprobe.study.running import Outcome, plan_study


def changed(settings: Settings, **change: object) -> Settings:
    return settings.model_copy(update=change)


def table(outcome: Outcome, folder: Path) -> pd.DataFrame:
    return read_cells(folder / "cells", record(outcome, command="", title="")["cells"])[0]


def models(outcome: Outcome) -> set[str]:
    return {cell.model for cell in outcome.cells}


@pytest.mark.parametrize(
    ("change", "name", "iterations"),
    [
        ({"routing": "uniform"}, "capsnet+uniform", 3),
        ({"iterations": 5}, "capsnet+dynamic-5", 5),
        ({"routing": "kmeans", "iterations": 2}, "capsnet+kmeans-2", 2),
    ],
)
def test_the_name_in_tables_tells_what_was_swapped(
    settings: Settings, change: dict, name: str, iterations: int
) -> None:
    plan = plan_study(changed(settings, **change))
    assert models(plan) == {name, "cnn"}
    assert {cell.swap.iterations for cell in plan.cells if cell.swap} == {iterations}


def test_what_is_measured_is_the_swapped_network(settings: Settings, tmp_path: Path) -> None:
    outcome = run_study(changed(settings, routing="article", iterations=2), tmp_path)
    images = load_images("digits").limit(10)
    expected = []
    for seed in (0, 1):
        network = load_model("capsnet", dataset="digits", seed=seed, folder=settings.weights)
        with swapped(network, routing="article", iterations=2) as other:
            right = score(other, images.images).argmax(dim=1) == images.labels
        expected += right.double().tolist()
    rows = table(outcome, tmp_path)
    rows = rows[(rows["model"] == "capsnet+article-2") & (rows["severity"] == 0.0)]
    found = rows[rows["condition"] == "dimming"].sort_values(["training_seed", "unit_id"])
    assert found["value"].tolist() == expected


def test_a_swap_shares_cells_with_a_run_without_only_where_nothing_was_swapped(
    settings: Settings, tmp_path: Path
) -> None:
    plain = {cell.key: cell.model for cell in run_study(settings, tmp_path).cells}
    outcome = run_study(changed(settings, routing="uniform"), tmp_path)
    shared = {cell.model for cell in outcome.cells if cell.key in plain}
    assert shared == {"cnn"}
    assert (outcome.count("cached"), outcome.count("done")) == (4, 4)


def test_another_number_of_iterations_is_another_cell(settings: Settings) -> None:
    keys = [
        {cell.key for cell in plan_study(changed(settings, iterations=count)).cells if cell.swap}
        for count in (4, 5)
    ]
    assert not keys[0] & keys[1]


def test_the_record_says_what_was_asked_and_how_each_checkpoint_is_called(
    settings: Settings,
) -> None:
    plan = plan_study(changed(settings, routing="uniform", iterations=1))
    facts = record(plan, command="", title="")
    assert facts["settings"]["routing"] == "uniform"
    assert facts["settings"]["iterations"] == 1
    called = {(entry["model"], entry["run_as"]) for entry in facts["checkpoints"]}
    assert called == {("capsnet", "capsnet+uniform-1"), ("cnn", "cnn")}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"routing": "unifrom"}, "Did you mean 'uniform'?"),
        ({"routing": "uniform", "models": ("cnn",)}, "--routing: .* with routing, got cnn"),
        ({"routing": "em", "models": ("capsnet", "cnn")}, "with routing, got cnn"),
        ({"iterations": 2, "models": ("cnn",)}, "--iterations: .* with routing, got cnn"),
    ],
)
def test_what_cannot_be_swapped_is_refused(settings: Settings, change: dict, words: str) -> None:
    with pytest.raises(UsageFault, match=words):
        plan_study(changed(settings, **change))


@pytest.mark.parametrize("iterations", [0, -1, 101, 1000])
def test_iterations_out_of_range_are_refused(iterations: int) -> None:
    with pytest.raises(ValidationError, match="iterations"):
        Settings(iterations=iterations)
