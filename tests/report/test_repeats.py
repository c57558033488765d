from dataclasses import replace

import pytest

from capsprobe.report.panels import Cell
from capsprobe.report.repeats import reason, what
from capsprobe.report.summary import Repeated

ROW = Repeated(
    dataset="mnist",
    test="fgsm",
    condition="linf/fgsm",
    metric="correct",
    model="cnn",
    published_severity=10 / 255,
    severity=0.05,
    published=0.966,
    ours=Cell(estimate=0.5, lower=0.4, upper=0.6),
    n_seeds=(1, 1),
    n_units=(100, 100),
    source="somebody",
    outcome="below",
)


def test_a_larger_epsilon_is_named_only_where_it_explains() -> None:
    larger = "Our ε is larger than the published one."
    assert larger in reason(ROW)
    assert "Our ε" not in reason(replace(ROW, outcome="above"))
    smaller = replace(ROW, published_severity=0.06, outcome="above")
    assert "Our ε is smaller than the published one." in reason(smaller)


@pytest.mark.parametrize("outcome", ["inside", "same"])
def test_what_agrees_needs_no_reason(outcome: str) -> None:
    assert reason(replace(ROW, outcome=outcome)) == ""


def test_too_few_images_are_counted() -> None:
    assert "100 images and one training seed are too few" in reason(replace(ROW, outcome="open"))


def test_a_network_of_another_layout_is_said_to_be_one() -> None:
    assert "compact trunk" in reason(ROW)
    assert "layout is that of 2017" in reason(replace(ROW, model="capsnet-sabour"))


def test_both_epsilons_are_named() -> None:
    assert what(ROW) == "FGSM, accuracy (%) at ε = 0.039, ours at 0.05"
