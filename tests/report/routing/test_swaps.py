import pytest

from capsprobe.report.routing.evidence import Evidence
from capsprobe.report.routing.swaps import accuracy_matrix, article_grid, likeness_matrices


def test_accuracy_is_by_network_and_routing(routing: Evidence) -> None:
    (matrix,) = accuracy_matrix(routing, 3.0)
    assert matrix.rows == ("capsnet", "capsnet-article")
    assert matrix.columns == ("article", "dynamic", "kmeans")
    assert matrix.values[0] == pytest.approx((1.0, 0.9, 0.8))


def test_rounds_that_were_not_swapped_have_no_matrix(routing: Evidence) -> None:
    assert accuracy_matrix(routing, 10.0) == ()


def test_every_pair_stands_once(routing: Evidence) -> None:
    same, kappa = likeness_matrices(routing, "capsnet")
    assert (same.rows, same.columns) == (("dynamic", "kmeans"), ("article", "dynamic"))
    assert same.values[0] == (pytest.approx(0.9), None)
    assert same.values[1] == pytest.approx((0.8, 0.9))
    # By hand: answers 10 of each of three classes; 1 in 10 of dynamic's are a fourth.
    assert kappa.values[0][0] == pytest.approx((0.9 - 0.3) / 0.7)


def test_the_articles_routing_stands_beside_sabours(routing: Evidence) -> None:
    grid = article_grid(routing)
    assert grid.models == ("capsnet", "capsnet-article")
    assert [row.condition for row in grid.rows] == ["swap/article", "swap/dynamic"]
    assert [cell and cell.estimate for cell in grid.rows[1].cells] == pytest.approx([0.9, 0.9])
