"""The matrices of transfer: which numbers stand where."""

import pandas as pd
import pytest

from capsprobe.report.measures import Scope
from capsprobe.report.routing.evidence import Evidence
from capsprobe.report.transfer.pages import exhibits, matrices


def evidence(rows: list[tuple[str, str, float, float]], models: tuple[str, ...]) -> Evidence:
    table = pd.DataFrame(rows, columns=["model", "condition", "severity", "estimate"])
    return Evidence(
        scope=Scope(
            probe="transfer", dataset="digits", conditions=(), units={}, models=models, most=100
        ),
        estimates=table.assign(metric="correct", n_seeds=3, n_units=range(40, 40 + len(table))),
        observations=pd.DataFrame(),
        traces=pd.DataFrame(),
        classes=10,
    )


ROWS = [
    ("a", "linf/itself", 0.0, 1.0),
    ("a", "linf/itself", 0.1, 0.1),
    ("a", "linf/a", 0.1, 0.6),
    ("a", "linf/b", 0.1, 0.7),
    ("b", "linf/itself", 0.1, 0.2),
    ("b", "linf/a", 0.1, 0.8),
    ("b", "linf/hidden", 0.1, 0.9),
    ("hidden", "linf/a", 0.1, 0.5),
    ("a", "linf/b", 0.2, 0.3),
]


def test_numbers_stand_by_source_and_network() -> None:
    first, second = matrices(evidence(ROWS, ("b", "a")), "linf")
    assert (first.severity, second.severity) == (0.1, 0.2)
    assert first.columns == ("b", "a")
    assert first.rows == ("itself (white box)", "b", "a", "hidden")
    assert first.values == ((0.2, 0.1), (None, 0.7), (0.8, 0.6), (0.9, None))
    assert first.n_units == (41, 46)
    assert (second.rows, second.columns, second.values) == (("b",), ("a",), ((0.3,),))


def test_the_largest_epsilon_is_shown_and_the_others_folded() -> None:
    (exhibit,) = exhibits(evidence(ROWS, ("a", "b")))
    assert [each.severity for each in (*exhibit.figures, *exhibit.folded)] == [0.2, 0.1]
    assert len(exhibit.figures) == 1


def test_each_norm_shows_its_largest_epsilon() -> None:
    euclidean = [("a", "l2/itself", 1.0, 0.4), ("a", "l2/b", 1.0, 0.5), ("a", "l2/b", 0.5, 0.9)]
    (exhibit,) = exhibits(evidence([*ROWS, *euclidean], ("a", "b")))
    shown, folded = exhibit.figures, exhibit.folded
    assert [each.severity for each in shown] == [0.2, 1.0]
    assert [each.severity for each in folded] == [0.1, 0.5]
    assert shown[1].values == ((0.4,), (0.5,))
    assert len({each.name for each in (*shown, *folded)}) == 4
    assert [each.heading.partition(" ")[2].partition(":")[0] for each in shown] == [
        "(%), L∞ ε\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}0.2",
        "(%), L2 ε\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}1",
    ]


@pytest.mark.parametrize("rows", [[], ROWS[:1]])
def test_without_an_attack_there_is_no_exhibit(rows: list) -> None:
    assert exhibits(evidence(rows, ("a",))) == ()
