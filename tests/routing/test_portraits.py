import numpy as np
import pytest
import torch

from capsprobe.routing.dynamic import route_dynamic
from capsprobe.routing.portraits import firsts, plane, portraits
from capsprobe.tables import TRACE_COLUMNS


def kept(iterations: int = 4):
    votes = torch.randn(2, 6, 3, 5, generator=torch.Generator().manual_seed(0))
    trace = route_dynamic(votes, iterations=iterations)
    table = portraits(trace, torch.tensor([7, 1]), torch.tensor([40, 9]), "rounds")
    return trace, table


def matrix(table, severity, name, unit_id=9):
    (row,) = table[
        (table["severity"] == severity) & (table["name"] == name) & (table["unit_id"] == unit_id)
    ].to_dict("records")
    return np.reshape(row["values"], (row["rows"], row["columns"]))


def test_the_rounds_that_a_trace_has_are_kept():
    trace, table = kept()
    assert tuple(table.columns) == TRACE_COLUMNS
    assert set(table["severity"]) == {0.0, 1.0, 2.0, 3.0}
    assert table.groupby("unit_id")["label"].unique().map(list).to_dict() == {9: ["1"], 40: ["7"]}
    for severity in (1.0, 3.0):
        expected = trace.coefficients[int(severity) - 1][1].numpy()
        np.testing.assert_allclose(matrix(table, severity, "coefficients"), expected, rtol=1e-6)


def test_centres_of_the_first_round_are_the_mean_of_the_votes_in_the_plane():
    _, table = kept()
    votes = matrix(table, 0.0, "votes").reshape(6, 3, 2)
    np.testing.assert_allclose(matrix(table, 1.0, "centres"), votes.mean(axis=0), atol=1e-5)


def test_the_plane_is_that_of_principal_components():
    decomposition = pytest.importorskip("sklearn.decomposition", reason="oracle of the tests")
    votes = torch.randn(3, 6, 4, 5, generator=torch.Generator().manual_seed(1))
    middle, axes, part = plane(votes)
    for k in range(3):
        points = votes[k].reshape(-1, 5).double()
        found = (points - middle[k]) @ axes[k]
        oracle = decomposition.PCA(2).fit(points.numpy())
        expected = oracle.transform(points.numpy())
        np.testing.assert_allclose(np.abs(found.numpy()), np.abs(expected), atol=1e-6)
        assert part[k].item() == pytest.approx(oracle.explained_variance_ratio_.sum())


def test_equal_votes_have_a_plane_of_finite_points():
    middle, axes, part = plane(torch.ones(1, 3, 2, 4))
    assert torch.isfinite(axes).all()
    assert part.item() == 0.0


def test_the_first_image_of_each_class_comes_first():
    labels = torch.tensor([5, 5, 2, 5, 0, 2])
    assert firsts(labels, 2).tolist() == [0, 2]
    assert firsts(labels, 9).tolist() == [0, 2, 4]
