import pytest

from capsprobe.report import lexicon, wording
from capsprobe.report.routing.evidence import Evidence
from capsprobe.report.routing.gates import dots


def test_each_weight_stands_beside_its_null(gate: Evidence) -> None:
    (figure,) = dots(gate, "drops")
    ((metric, points),) = figure.rows
    assert metric == "drop_routing"
    assert [point.model for point in points] == ["capsnet", "capsnet-article"]
    assert points[0].cell.estimate == pytest.approx(0.9)
    assert points[0].null is not None
    assert points[0].null.estimate == 0.0


def test_a_variance_has_no_null(gate: Evidence) -> None:
    (figure,) = dots(gate, "variation")
    assert [point.null for _, points in figure.rows for point in points] == [None, None]


def test_what_belongs_to_the_digit_stands_above_what_a_constant_knows_of_it(gate: Evidence) -> None:
    (figure,) = dots(gate, "driven")
    assert figure.condition == "driven/capsules"
    assert [metric for metric, _ in figure.rows] == ["belonging_routing", "belonging_constant"]
    assert [points[0].cell.estimate for _, points in figure.rows] == pytest.approx([0.3, 0.2])
    assert lexicon.weight("belonging_constant") == "mean over other images"


def test_a_zigzag_has_a_severity_and_routing_has_rounds() -> None:
    assert wording.severity(3.0, "driven/capsules", "1") == "3"
    assert wording.severity(3.0, "layer/capsules", "iterations") == "round\N{NO-BREAK SPACE}3"


def test_what_was_not_measured_has_no_figure(gate: Evidence) -> None:
    assert dots(gate, "together") == ()
