import pytest

from capsprobe.report.routing.evidence import Evidence
from capsprobe.report.routing.objective import courses, falls


def test_a_course_has_the_models_own_curve_and_that_of_k_means(routing: Evidence) -> None:
    capsnet, article = courses(routing, "inertia")
    assert (capsnet.own.model, article.own.model) == ("capsnet", "capsnet-article")
    assert capsnet.own.severities == (1.0, 2.0, 3.0)
    ((name, beside),) = capsnet.beside
    assert name == "first-means"
    assert beside.estimates == pytest.approx((0.5, 0.25, 0.5 / 3.0))


def test_a_third_of_the_images_never_rises(routing: Evidence) -> None:
    (row,) = [each for each in falls(routing).rows if each.metric == "inertia_falls"]
    assert [cell and cell.estimate for cell in row.cells] == pytest.approx([1 / 3, 1 / 3])
    assert row.severity is None
