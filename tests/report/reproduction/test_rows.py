from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import pytest

from capsprobe.report.reproduction.published import NUMBERS
from capsprobe.report.reproduction.rows import repeated
from capsprobe.report.summary import Repeated
from capsprobe.stats.summary import Summary as Tables


def test_numbers_are_those_that_were_published() -> None:
    found = {(each.test.key, each.network, each.test.severity): each.value for each in NUMBERS}
    assert found == {
        ("cw", "CNN", 0.0): 1.40,
        ("cw", "CapsNet", 0.0): 1.82,
        ("boundary", "CNN", 0.0): 3.07,
        ("boundary", "CapsNet", 0.0): 3.26,
        ("deepfool", "CNN", 0.0): None,
        ("deepfool", "CapsNet", 0.0): None,
        ("fgsm", "CNN", 10 / 255): pytest.approx(0.966),
        ("fgsm", "CapsNet", 10 / 255): pytest.approx(0.942),
        ("fgsm", "CNN", 25 / 255): pytest.approx(0.883),
        ("fgsm", "CapsNet", 25 / 255): pytest.approx(0.812),
        ("fgsm", "CNN", 50 / 255): pytest.approx(0.529),
        ("fgsm", "CapsNet", 50 / 255): pytest.approx(0.721),
    }


def test_every_number_has_its_outcome(rows: tuple[Repeated, ...]) -> None:
    found = {
        (each.test, each.model, each.severity): each.outcome for each in rows if not each.expected
    }
    assert found == {
        ("cw", "capsnet", 0.0): "inside",
        ("cw", "capsnet-sabour", 0.0): "near",
        ("cw", "cnn", 0.0): "below",
        ("boundary", "capsnet", 0.0): "inside",
        ("boundary", "cnn", 0.0): "above",
        ("deepfool", "capsnet", 0.0): "no number",
        # Wilson's intervals of 90, 20, 5, 97, 88 and 5 of 100 beside the published percents.
        ("fgsm", "capsnet", 0.05): "inside",
        ("fgsm", "capsnet", 0.1): "below",
        ("fgsm", "capsnet", 0.2): "below",
        ("fgsm", "cnn", 0.05): "inside",
        ("fgsm", "cnn", 0.1): "inside",
        ("fgsm", "cnn", 0.2): "below",
    }


def test_every_order_has_its_outcome(rows: tuple[Repeated, ...]) -> None:
    found = {
        (each.test, each.model, each.beside, each.severity): (each.expected, each.outcome)
        for each in rows
        if each.expected
    }
    assert found == {
        ("cw", "capsnet", "cnn", 0.0): ("higher", "same"),
        ("cw", "capsnet-sabour", "cnn", 0.0): ("higher", "same"),
        ("boundary", "capsnet", "cnn", 0.0): ("higher", "opposite"),
        ("fgsm", "capsnet", "cnn", 0.05): ("lower", "open"),
        ("fgsm", "capsnet", "cnn", 0.1): ("lower", "same"),
        ("fgsm", "capsnet", "cnn", 0.2): ("higher", "open"),
        ("spatial", "capsnet", "capsnet", 1.0): ("lower", "same"),
        ("spatial", "cnn", "cnn", 1.0): ("lower", "open"),
    }


def test_ours_is_the_median_with_its_images(rows: tuple[Repeated, ...]) -> None:
    first = next(each for each in rows if (each.test, each.model) == ("cw", "capsnet"))
    assert first.ours.estimate == pytest.approx(1.82)
    assert (first.published, first.n_units, first.n_seeds) == (1.82, (100, 100), (1, 1))


def test_the_grid_is_held_beside_chance(rows: tuple[Repeated, ...]) -> None:
    (row,) = (each for each in rows if (each.test, each.model) == ("spatial", "capsnet"))
    assert (row.condition, row.beside_condition) == ("spatial/grid", "spatial/random")
    assert row.ours.estimate == pytest.approx(0.6)
    assert row.ours_beside is not None and row.ours_beside.estimate == pytest.approx(0.95)


def changed(
    estimated: dict[str, Tables], change: Callable[[pd.DataFrame], pd.DataFrame]
) -> tuple[Repeated, ...]:
    """Return what is repeated of the same run with other estimates."""
    tables = {
        name: replace(each, estimates=change(each.estimates)) for name, each in estimated.items()
    }
    return repeated(tables)


@pytest.mark.parametrize("dataset", ["digits", "fashion", "mnist-placed"])
def test_other_datasets_have_nothing_to_repeat(dataset: str, estimated: dict[str, Tables]) -> None:
    assert changed(estimated, lambda held: held.assign(dataset=dataset)) == ()


def test_epsilons_far_from_the_published_ones_are_not_compared(
    estimated: dict[str, Tables],
) -> None:
    rows = changed(
        estimated,
        lambda held: held[(held["condition"] != "linf/fgsm") | held["severity"].isin((0.0, 0.2))],
    )
    assert {each.severity for each in rows if each.test == "fgsm"} == {0.2}


def test_a_model_with_another_routing_is_not_compared(estimated: dict[str, Tables]) -> None:
    rows = changed(
        estimated,
        lambda held: held.assign(model=held["model"].str.replace("capsnet", "capsnet+uniform")),
    )
    assert {each.model for each in rows if each.test != "spatial"} == {"cnn"}


def test_a_run_without_these_probes_has_nothing_to_repeat() -> None:
    assert repeated({}) == ()
