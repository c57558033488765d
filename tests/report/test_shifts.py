import pytest

from capsprobe.report import wording
from capsprobe.report.summary import Measure


def measure(condition: str, dataset: str = "digits") -> Measure:
    return Measure(
        probe="spatial",
        dataset=dataset,
        condition=condition,
        metric="correct",
        severity=1.0,
        unit="1",
    )


@pytest.mark.parametrize(
    ("condition", "says", "metric"),
    [
        ("spatial/natural", "Natural", "accuracy"),
        ("spatial/random", "Random turn and move", "accuracy"),
        ("spatial/worst-of-25", "Worst of 25 random", "robust accuracy"),
        ("spatial/grid", "Worst of the grid", "robust accuracy"),
    ],
)
def test_a_condition_is_named_and_its_accuracy_told(condition: str, says: str, metric: str) -> None:
    assert wording.condition(condition) == says
    assert wording.metric("correct", condition) == metric


def test_severities_have_words() -> None:
    assert wording.severity(0.0, "spatial/grid", "1") == "as it is"
    assert wording.severity(1.0, "spatial/grid", "1") == "whole range"


def test_a_measure_stands_in_a_sentence() -> None:
    assert wording.measure(measure("spatial/grid")) == "the worst of the grid of turns and moves"
    said = wording.measure(measure("spatial/worst-of-10"))
    assert said == "the worst of 10 random turns and moves"


def test_a_label_says_where_the_networks_were_trained() -> None:
    assert wording.tick(measure("spatial/grid")) == "Spatial, worst, grid"
    said = wording.tick(measure("spatial/worst-of-10", "digits-placed"))
    assert said == "Spatial, worst of 10 · placed"


def test_classes_are_fractions() -> None:
    assert wording.measure_axis("correct_7") == "accuracy on class 7 (%)"
