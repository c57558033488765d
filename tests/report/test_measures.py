import pandas as pd
import pytest

from capsprobe.report.measures import (
    conditions_in_order,
    datasets_in_order,
    headlines,
    is_main,
    view_of,
)


def table(*rows: tuple[str, str, str, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["dataset", "condition", "metric", "severity"])


@pytest.mark.parametrize(
    ("dataset", "view"),
    [
        ("digits", "single"),
        ("mnist-placed", "placed"),
        ("digits-pairs", "pairs"),
        ("x-y", "single"),
    ],
)
def test_view_is_the_ending_of_a_dataset(dataset: str, view: str) -> None:
    assert view_of(dataset) == view


def test_views_follow_their_plain_dataset() -> None:
    names = ["digits-pairs", "digits", "digits-placed"]
    assert datasets_in_order(names) == ["digits", "digits-placed", "digits-pairs"]


def test_headline_takes_the_severity_nearest_to_the_named_one() -> None:
    rows = [("digits", "linf/worst", "correct", each) for each in (0.0, 0.01, 0.06, 0.3)]
    found = headlines("adversarial", table(*rows), {"linf/worst": "1"})
    assert [(each.condition, each.severity) for each in found] == [("linf/worst", 0.06)]


def test_clean_rows_alone_make_no_headline() -> None:
    assert headlines("affine", table(("digits", "rotation", "correct", 0.0)), {}) == ()


def test_sweeps_of_placed_networks_stand_for_the_probe_only_without_others() -> None:
    placed = ("digits-placed", "rotation", "correct", 15.0)
    single = ("digits", "rotation", "correct", 15.0)
    assert [each.dataset for each in headlines("affine", table(placed), {})] == ["digits-placed"]
    both = headlines("affine", table(placed, single), {})
    assert [each.dataset for each in both] == ["digits"]


def test_a_probe_of_a_user_is_represented_by_its_sweeps() -> None:
    rows = table(("digits", "inversion", "correct", 1.0), ("digits", "a/b/c", "correct", 1.0))
    found = headlines("inversion", rows, {})
    assert [(each.condition, each.severity) for each in found] == [("inversion", None)]


def test_worst_case_comes_first_and_unknown_conditions_last() -> None:
    probe = {"conditions": [{"name": "linf/fgsm"}, {"name": "linf/worst"}, {"name": "l2/pgd"}]}
    found = ["zeta", "l2/pgd", "linf/fgsm", "linf/worst"]
    assert conditions_in_order(probe, found) == ["linf/worst", "linf/fgsm", "l2/pgd", "zeta"]


def test_single_output_maps_are_not_main_conditions() -> None:
    assert is_main("rotation")
    assert is_main("linf/pgd")
    assert not is_main("linf/pgd/margin")
